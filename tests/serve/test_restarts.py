"""When a local engine is started again, and when it is not."""

from __future__ import annotations

import pytest

from deployer.event import Event
from deployer.serve.restarts import FIRST_PAUSE, LONGEST_PAUSE, PROVEN, Restarts

SERVES = Event(0.0, "serving", "started", "ready")
DIES = Event(0.0, "ended", "failed", "it died", detail=("the log",))


class Counted:
    """Restarts with a clock that stands until it is moved."""

    def __init__(self, limit: int = 3) -> None:
        self.now = 0.0
        self.ends = False
        self.told: list[Event] = []
        self.restarts = Restarts(limit, self.told.append, lambda: self.ends, lambda: self.now)

    def live(self, seconds: float) -> float | None:
        self.restarts.take(SERVES)
        self.now += seconds
        self.restarts.take(DIES)
        return self.restarts.pause


def test_each_restart_in_a_row_waits_twice_as_long_until_none_is_left() -> None:
    counted = Counted(limit=3)
    assert [counted.live(10.0) for _ in range(4)] == [
        FIRST_PAUSE,
        2 * FIRST_PAUSE,
        4 * FIRST_PAUSE,
        None,
    ]
    phases = [event.phase for event in counted.told if event != SERVES]
    assert phases == ["restart", "restart", "restart", "ended"]
    assert counted.told[1].message == "it died; it is started again in 1 s (1 of 3 in a row)"
    assert counted.told[1].detail == ("the log",)
    assert counted.told[-1] == DIES


def test_one_that_has_proven_itself_begins_anew() -> None:
    counted = Counted(limit=1)
    assert counted.live(1.0) == FIRST_PAUSE
    assert counted.live(PROVEN) == FIRST_PAUSE
    assert counted.live(PROVEN - 1.0) is None


def test_the_pause_is_bounded() -> None:
    counted = Counted(limit=50)
    assert max(counted.live(1.0) or 0.0 for _ in range(50)) == LONGEST_PAUSE


def test_a_first_start_that_fails_is_not_tried_again() -> None:
    counted = Counted()
    counted.restarts.take(DIES)
    assert counted.restarts.pause is None
    assert counted.told == [DIES]


def test_a_later_start_that_fails_counts() -> None:
    counted = Counted(limit=2)
    counted.live(1.0)
    counted.restarts.take(DIES)
    assert counted.restarts.pause == 2 * FIRST_PAUSE
    counted.restarts.take(DIES)
    assert counted.restarts.pause is None


@pytest.mark.parametrize("limit", [0, 3])
def test_nothing_is_started_after_somebody_asked_for_the_end(limit: int) -> None:
    counted = Counted(limit)
    counted.ends = True
    assert counted.live(1.0) is None
    assert counted.told[-1].phase == "ended"
