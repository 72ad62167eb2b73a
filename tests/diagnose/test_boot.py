"""A start is measured by stage, over all ranks, and held against those before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.diagnose.boot import LAST, Allowed, Boot, Stage, slower
from deployer.diagnose.reader import Reader
from deployer.diagnose.recorder import Recorder
from deployer.diagnose.stages import Mark, mark
from deployer.diagnose.words import over, passed, slow, standing, summary

LOGS = Path(__file__).parents[1] / "data/logs/healthy"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def boot(seconds: float = 60.0, release: str = "a", **stages: float) -> Boot:
    begin, found = 0.0, []
    for name, took in stages.items():
        found.append(Stage(name, begin, took))
        begin += took
    return Boot(release, "sglang 0.5.23", 1e9, seconds, tuple(found))


def test_the_ranks_of_a_stage_are_one_from_the_first_to_the_last() -> None:
    clock = Clock()
    recorder = Recorder(clock)
    recorder.begin("imports")
    for at, rank, told in (
        (110, "TP0", Mark("weights", begins=True)),
        (112, "TP1", Mark("weights", begins=True)),
        (130, "TP0", Mark("weights", begins=False)),
        (131, "TP0", Mark("pool", begins=True)),
        (140, "TP1", Mark("weights", begins=False)),
        (141, "TP1", Mark("pool", begins=True)),
        (142, "TP0", Mark("pool", begins=False)),
        (144, "TP1", Mark("pool", begins=False)),
        (150, "", Mark("serving", begins=True)),
    ):
        clock.now = at
        recorder.mark(told, rank)
    clock.now = 153
    recorder.end()

    assert recorder.sized("weights", [60_000_000_000]) == (
        Stage("imports", 0, 10),
        Stage("weights", 10, 30, 60_000_000_000),
        Stage("pool", 31, 13),
        Stage("health", 50, 3),
    )
    assert recorder.stages()[1].rate == 0
    assert recorder.sized("weights", [60_000_000_000])[1].rate == 2.0


def test_a_draft_is_loaded_apart_and_what_was_before_counts() -> None:
    clock = Clock()
    recorder = Recorder(clock, [Stage("container", 0, 2), Stage("volumes", 2, 1)])
    for at, begins in ((104, True), (110, False), (120, True), (121, False)):
        clock.now = at
        recorder.mark(Mark("weights", begins=begins), "TP0")

    assert recorder.sized("weights", [3, 1]) == (
        Stage("container", 0, 2),
        Stage("volumes", 2, 1),
        Stage("weights", 7, 6, 3),
        Stage("weights", 23, 1, 1),
    )
    assert recorder.seconds == 24


@pytest.mark.parametrize("path", sorted(LOGS.iterdir()), ids=lambda path: path.stem)
def test_the_marks_of_a_real_start_come_in_their_order(path: Path) -> None:
    told: list[str] = []
    reader = Reader()
    reader.on_mark = lambda found, _: told.append(found.stage)
    reader.feed(path.read_bytes())
    firsts = list(dict.fromkeys(told))

    assert firsts == [
        stage
        for stage in (
            "imports", "distributed", "weights", "pool", "graphs", "http", "self-test", "serving",
            "drain",
        )
        if stage in firsts
    ]  # fmt: skip
    assert {"imports", "distributed", "weights", "pool", "http", "serving"} <= set(firsts)


def test_a_line_tells_what_the_engine_measured() -> None:
    line = "Load weight end. elapsed=0.63 s, type=Q, avail mem=78.05 GB, mem usage=61.04 GB."

    assert mark(line) == Mark("weights", begins=False, elapsed=0.63, gigabytes=61.04)
    assert mark(f"He said: {line}") is None


def test_it_travels_as_one_line() -> None:
    one = boot(weights=12.5, graphs=30)

    assert "\n" not in one.to_json()
    assert Boot.from_json(one.to_json()) == one
    assert summary(one) == "ready after 60.0 s: weights 12.5 s, graphs 30.0 s, unknown 17.5 s"


def test_the_rate_is_that_of_the_files() -> None:
    one = Boot("a", "e", 0, 10, (Stage("weights", 0, 10, 25_000_000_000),))

    assert summary(one) == "ready after 10.0 s: weights 10.0 s (25.0 GB, 2.50 GB/s)"


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), max_size=8))
def test_what_is_unknown_is_what_no_stage_covers(spans: list[tuple[float, float]]) -> None:
    one = Boot("a", "e", 0, 100, tuple(Stage("s", begin, took) for begin, took in spans))
    seconds = [at / 10 for at in range(1000)]
    free = sum(all(not s.begin <= at < s.end for s in one.stages) for at in seconds) / 10

    assert one.unknown() == pytest.approx(free, abs=0.1 * (len(spans) + 1))


def test_only_what_is_clearly_slower_is_called_out() -> None:
    before = [boot(60, weights=10, graphs=20), boot(62, weights=12, graphs=40)]

    assert slower(boot(70, weights=16, graphs=40), before) == ()
    found = slower(boot(100, weights=40, graphs=30, kernels=9), before)
    assert [slow(each) for each in found] == [
        "weights took 40.0 s, 3.3 times the 12.0 s of the start before",
        "kernels took 9.0 s, and the start before had none",
        "the whole start took 100.0 s, 1.6 times the 62.0 s of the start before",
    ]
    assert slower(boot(), []) == ()


def test_it_is_held_against_the_start_before_and_against_the_usual() -> None:
    """One quick start is no excuse for the next, and neither is one that was slow already."""
    quick_last = [boot(90, weights=40), boot(91, weights=41), boot(60, weights=10)]
    slow_last = [boot(60, weights=10), boot(60, weights=10), boot(90, weights=40)]

    told = [list(map(slow, slower(boot(92, weights=42), each))) for each in (quick_last, slow_last)]
    assert told == [
        [
            "weights took 42.0 s, 4.2 times the 10.0 s of the start before",
            "the whole start took 92.0 s, 1.5 times the 60.0 s of the start before",
        ],
        [
            "weights took 42.0 s, 4.2 times the usual 10.0 s",
            "the whole start took 92.0 s, 1.5 times the usual 60.0 s",
        ],
    ]


def test_starts_on_other_gpus_are_not_held_against_each_other() -> None:
    here = replace(boot(100, weights=40), shape="H200:8")
    there = replace(boot(60, weights=10), shape="B200:8")
    assert slower(here, [there]) == ()
    assert [each.than for each in slower(here, [replace(there, shape="H200:8"), there])] == [
        LAST, LAST,
    ]  # fmt: skip
    assert Boot.from_json(here.to_json()) == here
    assert "shape" not in boot().to_json()


@pytest.mark.parametrize(
    ("before", "now", "called"),
    [(10, 14.99, False), (10, 15, True), (100, 149.9, False), (100, 150, True), (1, 5.99, False)],
)
def test_what_is_noise(before: float, now: float, called: bool) -> None:
    """Half as long again, and five seconds at least: both."""
    found = slower(boot(300, weights=now), [boot(300, weights=before)])

    assert [each.name for each in found] == (["weights"] if called else [])


def test_what_is_beyond_its_budget_is_told_of_the_sum_of_a_stage() -> None:
    stages = (Stage("weights", 0, 30), Stage("graphs", 30, 9), Stage("weights", 39, 12))
    budgets = (Allowed("graphs", 9), Allowed("kernels", 1), Allowed("weights", 40))
    one = Boot("a", "e", 0, 60, stages, 59.5, budgets)

    assert list(map(over, one.late())) == [
        "weights 2.0 s more than the 40 s of `lifecycle.stage_budgets`",
        "0.5 s more than the 59.5 s of `lifecycle.start_budget`",
    ]
    assert summary(one).startswith("ready after 60.0 s, weights 2.0 s more than the 40 s of ")
    assert Boot.from_json(one.to_json()) == one
    assert "budgets" not in boot().to_json()
    assert boot().late() == ()
    assert list(map(passed, one.late())) == [
        "weights: more than 40 s (`lifecycle.stage_budgets`)",
        "the start: more than 59.5 s (`lifecycle.start_budget`)",
    ]


def test_another_release_is_compared_with_only_where_there_is_none_of_this() -> None:
    other = boot(10, release="b", weights=1, kernels=9)

    found = slower(boot(60, weights=30, graphs=20), [other])
    assert list(map(slow, found)) == [
        "weights took 30.0 s, 30.0 times the 1.0 s of the start before, of another release",
        "the whole start took 60.0 s, 6.0 times the 10.0 s of the start before, of another release",
    ]
    assert slower(boot(60, weights=30), [other, boot(60, weights=30)]) == ()


def test_the_line_of_progress_names_the_stage_and_what_is_left() -> None:
    assert standing("graphs", 44.4, 300) == "capturing graphs, 44 of 300 s"
    assert standing("", 3, 300) == "starting the engine, 3 of 300 s"
    assert (
        standing("graphs", 80, 300, 30, 40) == "capturing graphs, 30 of 40 s; 80 of 300 s for all"
    )
    late = "capturing graphs, 41 of 40 s (over its budget); 91 of 300 s for all"
    assert standing("graphs", 91, 300, 41, 40) == late
