"""The thread that watches a container's engine: whatever ends it, the container ends, or is asked.

Modal goes on sending requests to a container whose watch has ended without a word.
"""

from __future__ import annotations

import os

import pytest

from deployer.apply.modal import remote
from deployer.errors import Failure


class EndedError(Exception):
    """In the place of the end of this process."""


class Watched:
    """A runtime whose watch ends as a test says."""

    def __init__(self, raised: BaseException | None) -> None:
        self.raised = raised
        self.stopped = 0

    def start(self) -> bool:
        return True

    def watch(self) -> None:
        if self.raised is not None:
            raise self.raised

    def stop(self) -> None:
        self.stopped += 1


def life(raised: BaseException | None) -> remote.Life:
    made = object.__new__(remote.Life)
    made._runtime = Watched(raised)  # type: ignore[assignment]
    return made


@pytest.mark.parametrize(
    "raised",
    [
        Failure("the engine has ended"),
        RuntimeError("can't start new thread"),
        OSError(24, "Too many open files"),
        MemoryError(),
        AssertionError(),
        KeyboardInterrupt(),
        SystemExit(0),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_whatever_ends_the_watch_ends_the_container(
    raised: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise EndedError

    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(EndedError):
        life(raised)._watch()
    assert codes == [1]


def test_a_watch_that_was_asked_to_end_leaves_the_drain_to_modal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "_exit", lambda code: pytest.fail(f"left with {code}"))
    life(None)._watch()
