"""A run over several loads, how it is kept, and how two are compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deployer.apply.measured import KEPT, keep, last
from deployer.errors import Failure
from deployer.measure.beside import pairs
from deployer.measure.load import Bounds, Load, needed
from deployer.measure.point import Point
from deployer.measure.run import Run, Subject, measure
from deployer.measure.tool import Tool
from deployer.verify.endpoint import Endpoint
from tests.measure.made import KEY, LOAD, point, run, written
from tests.measure.test_tool import ENGINE, Ran


def measured(found: dict[str, Any], loads: list[Load]) -> tuple[Run, list[Point]]:
    told: list[Point] = []
    endpoint = Endpoint("http://127.0.0.1:9", KEY, model="glm-tiny")
    ran = measure(
        Subject(endpoint, "demo", "0123"),
        loads,
        Tool(ENGINE, Ran(result=json.dumps(found))),
        Path("/tokenizer"),
        bounds=Bounds(),
        on_progress=lambda *_: None,
        on_point=told.append,
        environ={},
        now=lambda: 5.0,
    )
    return ran, told


def test_each_load_is_a_point() -> None:
    loads = [LOAD, replace(LOAD, concurrency=8)]
    found, told = measured(written([0.1] * 3), loads)
    assert [each.load for each in found.points] == loads
    assert list(found.points) == told
    assert (found.name, found.digest, found.started, found.failed) == ("demo", "0123", 5.0, 0)


def test_a_load_of_which_nothing_is_answered_is_no_measurement() -> None:
    with pytest.raises(Failure, match="not one of 2 requests was answered") as failed:
        measured(written([], errors=("OSError: gone", "OSError: gone")), [LOAD])
    assert failed.value.hint == "OSError: gone"


def test_a_point_has_enough_requests_for_a_p95_and_to_be_steady() -> None:
    assert [needed(each) for each in (None, 1, 16, 64)] == [80, 80, 80, 320]


def test_runs_are_kept_by_name_and_found_by_release(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    assert last(Run, "demo", environ) is None
    old = run(digest="a" * 64, started=1.0)
    new = run(point(bounds=Bounds(first_token=1)), digest="b" * 64, started=2.0)
    for each in (new, old):
        keep(each, environ)
    assert last(Run, "demo", environ) == new
    assert last(Run, "demo", environ, digest="a" * 64) == old
    assert last(Run, "other", environ) is None
    assert last(Run, "../demo", environ) is None


def test_the_oldest_are_let_go_and_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    for at in range(KEPT + 2):
        kept = keep(run(started=float(at + 1)), environ)
    assert len(list(kept.parent.iterdir())) == KEPT
    kept.write_text("{}")
    found = last(Run, "demo", environ)
    assert found is not None
    assert found.started == KEPT + 1


def test_what_somebody_else_put_beside_the_runs_is_left_alone(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    folder = keep(run(started=1.0), environ).parent
    foreign = [folder / name for name in ("notes.json", "1e5-x.json", "inf-x.json", "-.json")]
    for path in foreign:
        path.write_text("{}")
    (folder / "9.000-abc.json").write_bytes(b"\xff{")
    (folder / "8.000-abc.json").mkdir()
    (folder / "7.000-abc.json").write_text("[" * 500)
    found = last(Run, "demo", environ)
    assert found is not None
    assert found.started == 1.0
    for at in range(10, 10 + KEPT):
        if at == 10:
            (folder / "8.000-abc.json").rmdir()
        keep(run(started=float(at)), environ)
    assert all(path.exists() for path in foreign)
    assert len(list(folder.iterdir())) == KEPT + len(foreign)


def test_two_runs_are_compared_where_the_load_was_the_same_but_for_the_prompts() -> None:
    other = replace(LOAD, seed=99)
    before = run(point([0.1] * 80, load=other), point(load=replace(LOAD, concurrency=9)))
    (pair,) = pairs(run(point([0.2] * 80)), before)
    assert pair.before.load == other
    assert pair.slower_start is True
    assert pair.output_rate == 0
    (same,) = pairs(run(point([0.1] * 80)), before)
    assert same.slower_start is False
    (few,) = pairs(run(point([0.2] * 80)), run(point([0.1] * 71)))
    assert few.slower_start is None
    assert pairs(run(), None) == ()
    (silent,) = pairs(run(point()), run(replace(point(), output_rate=0.0)))
    assert silent.output_rate is None
