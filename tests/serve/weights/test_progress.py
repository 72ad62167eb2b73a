"""What a person reads while 700 GB arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.errors import Failure
from deployer.serve.weights import progress
from deployer.serve.weights.progress import Progress

if TYPE_CHECKING:
    from deployer.event import Event

GB = 1_000_000_000


@pytest.fixture(autouse=True)
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here time is made up, and so what it is measured by stays in every condition."""
    monkeypatch.setattr(progress, "EVERY", 2.0)


class Watched:
    """A progress with a clock of its own."""

    def __init__(self) -> None:
        self.now = 100.0
        self.events: list[Event] = []
        self.progress = Progress(self.events.append, lambda: self.now)

    def after(self, seconds: float) -> None:
        self.now += seconds
        self.progress.tick()

    def said(self) -> list[str]:
        return [event.message for event in self.events]


def test_it_says_how_much_how_fast_and_how_long() -> None:
    it = Watched()
    it.progress.plan(files=142, size=703 * GB, there=100 * GB)
    it.after(0.0)
    for _ in range(58):
        it.progress.ready()
    it.progress.fetched("a", 3 * GB)
    it.after(10.0)
    assert it.said() == ["103.0 of 703.0 GB, 58 of 142 files, 300.0 MB/s, about 33 min left"]
    assert it.events[0].seconds == 10.0
    assert it.events[0].phase == "weights"


def test_it_says_nothing_twice_within_two_seconds() -> None:
    it = Watched()
    it.progress.plan(files=1, size=GB, there=0)
    for _ in range(60):
        it.after(0.1)
    assert 2 <= len(it.events) <= 3


def test_it_says_what_holds_a_file_up_until_that_file_goes_on() -> None:
    it = Watched()
    it.progress.plan(files=2, size=2_000_000, there=0)
    it.progress.trouble("a", "waiting for the hub")
    it.after(1.0)
    it.progress.fetched("b", 1_000_000)
    it.after(1.0)
    it.progress.fetched("a", 500_000)
    it.after(2.0)
    assert it.said() == [
        "1.0 of 2.0 MB, 0 of 2 files, 1.0 MB/s, about 1 s left, waiting for the hub",
        "1.5 of 2.0 MB, 0 of 2 files, 500.0 kB/s, about 1 s left",
    ]


def test_it_says_that_nothing_arrives_and_that_it_only_checks() -> None:
    it = Watched()
    it.progress.plan(files=1, size=GB, there=0)
    it.after(0.0)
    it.after(20.0)
    it.progress.plan(files=1, size=GB, there=GB)
    it.after(20.0)
    assert it.said() == [
        "0.0 of 1.0 GB, 0 of 1 files, nothing arrived for 20 s",
        "1.0 of 1.0 GB, 0 of 1 files, checking",
    ]


def test_bytes_that_were_wrong_are_counted_as_missing_again() -> None:
    it = Watched()
    it.progress.plan(files=1, size=3_000_000, there=0)
    it.progress.fetched("a", 2_000_000)
    it.progress.lost(2_000_000)
    it.after(2.0)
    assert it.said()[0].startswith("0.0 of 3.0 MB")
    assert it.progress.missing() == 3_000_000
    assert it.progress.arrived() == 2_000_000


def test_a_rate_is_that_of_the_last_half_minute() -> None:
    it = Watched()
    it.progress.plan(files=1, size=100 * GB, there=0)
    it.after(0.0)
    it.progress.fetched("a", 50 * GB)
    it.after(20.0)
    for _ in range(4):
        it.progress.fetched("a", GB)
        it.after(10.0)
    assert "100.0 MB/s" in it.said()[-1]


def test_a_failure_is_told_with_what_to_do() -> None:
    it = Watched()
    it.progress.failed(Failure("the disk is full", hint="make room"))
    assert [(e.state, e.message, e.detail) for e in it.events] == [
        ("failed", "the disk is full", ("make room",))
    ]


def test_what_small_files_took_says_nothing_about_large_ones() -> None:
    it = Watched()
    it.progress.plan(files=1010, size=20 * GB, there=0)
    it.after(0.0)
    for _ in range(1000):
        it.progress.ready()
    it.progress.fetched("a", 5_000_000)
    it.after(10.0)
    words = "1000 of 1010 files, 500.0 kB/s, how long the large files take is not known yet"
    assert it.said() == [f"0.0 of 20.0 GB, {words}"]
    it.progress.fetched("b", 10 * GB)
    it.after(30.0)
    assert it.said()[-1].endswith("about 30 s left")
