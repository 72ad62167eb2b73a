"""What Modal and a new version say of its health before it is ready."""

from __future__ import annotations

import pytest

from deployer.apply.modal.early import SLACK, own, verdicts
from deployer.diagnose.boot import Boot, Stage
from deployer.verify.verdict import Outcome


@pytest.mark.parametrize(
    ("statuses", "waited", "starts", "new", "outcome", "words"),
    [
        ([303, 303, 503, 0], 320.0, [310.0], True, "passed", "303 2 times, 503 once before"),
        ([0, 0], 90.0, [80.0], True, "passed", "nothing for 90 s, and 200 once its start of 80 s"),
        ([], 12.0, [11.0], True, "passed", "nothing for 12 s, and 200 once"),
        ([], 12.0, [], True, "unseen", "no container has told how long it started"),
        ([503], 12.0, [], False, "passed", "503 once before"),
        ([], 12.0, [12.0 + SLACK + 1], True, "failed", "200 after 12 s, and the server's own"),
        ([503], 12.0, [12.0 + SLACK + 1], False, "failed", "start took 73 s"),
        # Another container, whose start was short, may have answered.
        ([503], 12.0, [500.0, 10.0], True, "passed", "503"),
    ],
)
def test_what_was_said_before_the_first_200_is_judged(
    statuses: list[int],
    waited: float,
    starts: list[float],
    new: bool,
    outcome: str,
    words: str,
) -> None:
    (found,) = verdicts(statuses, waited, starts, new=new)
    assert found.outcome == Outcome(outcome)
    assert words in "".join((*found.checked, found.message))


def test_of_a_version_that_was_there_before_nothing_is_said() -> None:
    assert verdicts([], 0.1, [], new=False) == ()


def test_what_modal_took_for_the_container_is_no_part_of_a_servers_start() -> None:
    stages = (Stage("container", 0.0, 3000.0), Stage("weights", 3000.0, 40.0))
    assert own(Boot("d", "0.5.23", 1.8e9, 3050.0, stages)) == 50.0
