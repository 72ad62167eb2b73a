"""The words for an end: who ended by itself, who was killed, and what that means."""

from __future__ import annotations

import pytest

from deployer.serve.door.terms import Cut
from deployer.serve.drain import Drained
from deployer.serve.front import Emptied

CUT = Cut("req_1", "/v1/chat/completions", 1.25, 2048)


def drained(
    returncode: int | None = 0, *, by_itself: bool = True, cut: bool = False, **more: object
) -> Drained:
    emptied = Emptied(3, 1.2, (CUT,) if cut else ())
    values = {"killed": 0, "left": (), **more}
    return Drained(emptied, by_itself, 1.5, returncode, **values)  # type: ignore[arg-type]


ANSWERED = "drained in 1.5 s: 3 requests in flight were answered in 1.2 s"
CUT_OFF = "1 of 3 requests were cut off: req_1 (/v1/chat/completions, 1.2 s, 2,048 bytes)"
DIED = "the engine (process 7) has ended"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (drained(0), f"{ANSWERED} (exit code 0)"),
        (
            drained(-9),
            f"{ANSWERED} (it ended with SIGKILL (9), which SGLang may send to itself last)",
        ),
        (drained(-11), f"{ANSWERED} (killed by SIGSEGV (11))"),
        (
            drained(-9, by_itself=False, killed=4),
            f"{ANSWERED}, 4 processes of the engine killed",
        ),
        (
            drained(by_itself=False, killed=2, cut=True, died=DIED),
            f"drained in 1.5 s: {CUT_OFF}, 2 processes of the engine killed; {DIED}",
        ),
        (
            drained(by_itself=False, left=("process 9 (python3)",)),
            f"{ANSWERED}; left: process 9 (python3)",
        ),
    ],
)
def test_an_end_is_told_in_a_sentence(end: Drained, said: str) -> None:
    assert end.message() == said


def test_what_fails_is_what_is_left_and_what_was_lost_by_a_death() -> None:
    assert not drained(-9).failed
    assert not drained(cut=True).failed  # the budget was over: that was asked for
    assert not drained(died="it has ended").failed  # nobody waited for anything
    assert drained(cut=True, died="it has ended").failed
    assert drained(left=("process 9",)).failed
