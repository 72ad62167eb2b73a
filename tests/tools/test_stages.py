"""What `make test` runs its parts with: nothing is taken for success, nothing is left behind."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from tools.stages import lanes, weighing
from tools.stages.memory import available_bytes
from tools.stages.stage import Outcome
from tools.stages.summary import summary
from tools.stages.tally import HEAVY, heavy, tally

JUNIT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure message="no">tail</failure></testcase>
<testcase name="c"><skipped message="no disk">tail</skipped></testcase>
<testcase name="d"><skipped message="no disk">tail</skipped></testcase>
<testcase name="e"><error message="setup">tail</error></testcase>
</testsuite></testsuites>"""


def test_what_pytest_ran_is_counted_with_the_reasons(tmp_path: Path) -> None:
    file = tmp_path / "x.xml"
    file.write_text(JUNIT)

    assert tally(file) == (1, 2, Counter({"no disk": 2}))


def test_the_heavy_ones_are_named_and_fail_nothing(tmp_path: Path) -> None:
    def case(name: str, loops: int) -> str:
        note = f'<properties><property name="loops" value="{loops}"/></properties>'
        return f'<testcase classname="t" name="{name}">{note}</testcase>'

    cases = [case("light", HEAVY - 1), case("heavy", HEAVY), case("heaviest", HEAVY + 1)]
    file = tmp_path / "x.xml"
    file.write_text(f"<testsuite>{''.join(cases)}<testcase name='plain'/></testsuite>")
    outcome = Outcome("one", 4, 0, Counter(), 1.0, 0.5, heavy=tuple(heavy(file)))

    assert outcome.heavy == ((HEAVY + 1, "t::heaviest"), (HEAVY, "t::heavy"))
    assert outcome.fine
    assert f"    heavy, {HEAVY + 1} loops: t::heaviest\n" in summary([outcome], [], [])
    assert tally(file) == (4, 0, Counter())


def test_a_test_weighs_what_it_computes_by_what_a_loop_takes_beside_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "_WORTH_WEIGHING", 0.0)
    item = request.node
    before = list(item.user_properties)
    for loops in (10, 100):
        weighed = weighing.pytest_runtest_call(item)
        next(weighed)
        for _ in range(loops):
            weighing._once()
        with pytest.raises(StopIteration):
            next(weighed)
    light, heavier = (value for _, value in item.user_properties[len(before) :])
    item.user_properties[:] = before

    assert light > 2
    assert heavier > 3 * light


@pytest.mark.parametrize("text", ["", "<testsuites>"])
def test_results_that_were_never_written_are_no_success(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.xml").write_text(text)

    with pytest.raises(ValueError, match="line 1"):
        tally(tmp_path / "x.xml")


def test_the_last_line_counts_everything() -> None:
    outcomes = [
        Outcome("one", 1234, 1, Counter({"no disk": 2, "no net": 1}), 61.4, 30.2),
        Outcome("two", 0, 0, Counter(), 1.0, 0.5, ("it ran nothing",)),
    ]

    assert summary(outcomes, ["12 sleep 60"], ["three"]) == (
        "stage one: 1,234 passed, 1 failed, 3 skipped in 61 s (30 s of CPU)\n"
        "    skipped 2: no disk\n"
        "    skipped 1: no net\n"
        "stage two: 0 passed in 1 s (0 s of CPU)\n"
        "    failed: it ran nothing\n"
        "stage three: not run\n"
        "left behind, and ended now: 12 sleep 60\n"
        "1234 passed, 2 failed, 3 skipped"
    )


@pytest.mark.parametrize(
    ("text", "cgroup", "expected"),
    [
        ("MemTotal: 9 kB\nMemAvailable:    8 kB\n", {}, 8192),
        ("MemAvailable: 8 kB\n", {"memory.max": "max", "memory.current": "1"}, 8192),
        (
            "MemAvailable: 8 kB\n",
            {"memory.max": "5000", "memory.current": "900", "memory.stat": "inactive_file 400\n"},
            4500,
        ),
        ("", {}, 0),
    ],
)
def test_memory_is_what_the_machine_and_the_container_both_have(
    tmp_path: Path, text: str, cgroup: dict[str, str], expected: int
) -> None:
    (tmp_path / "meminfo").write_text(text)
    for name, content in cgroup.items():
        (tmp_path / name).write_text(content)

    assert available_bytes(tmp_path, tmp_path) == expected


def test_with_little_memory_or_one_core_one_stage_runs_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names(memory: int, cores: int) -> list[list[str]]:
        monkeypatch.setattr(lanes, "available_bytes", lambda: memory)
        monkeypatch.setattr(lanes, "cores", lambda: cores)
        return [[each.name for each in lane] for lane in lanes.test(tmp_path)]

    apart = [["static", "unit", "process", "wheels"], ["install", "engine"]]
    assert names(lanes.ENGINE_BYTES, 2) == apart
    assert names(lanes.ENGINE_BYTES - 1, 2) == [apart[0] + apart[1]]
    assert names(lanes.ENGINE_BYTES, 1) == [apart[0] + apart[1]]


def test_every_test_is_in_exactly_one_stage_of_make_test(tmp_path: Path) -> None:
    chosen = [each for lane in lanes.test(tmp_path) for each in lane if each.results]
    said = [{command[command.index("-m", 3) + 1] for command in each.commands} for each in chosen]
    marks = [text for (text,) in said]

    names = ("engine", "process", "wheels")
    for carried in itertools.product((True, False), repeat=len(names)):
        given = dict(zip(names, carried, strict=True))
        assert [eval(text, given) for text in marks].count(True) == 1, given  # noqa: S307
