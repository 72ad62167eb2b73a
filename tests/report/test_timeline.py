"""`deployer timeline`: the starts of a server, as text, as JSON and as a page."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.cli.main import main
from deployer.diagnose.boot import Allowed, Boot, Stage
from deployer.diagnose.words import summary
from deployer.event import Event
from deployer.report.timeline import Starts, html, text


def start(when: float, weights: float) -> Boot:
    stages = (
        Stage("imports", 0, 20),
        Stage("weights", 20, weights, 25_000_000_000),
        Stage("graphs", 21 + weights, 9),
    )
    return Boot("0123456789abcdef", "sglang 0.5.23", when, 30 + weights + 1.5, stages)


@pytest.fixture
def folder() -> Path:
    found = Path(os.environ["XDG_STATE_HOME"]) / "deployer/local/demo"
    found.mkdir(parents=True)
    for each in (found, found.parent, found.parent.parent):
        each.chmod(0o700)
    (found / "state.json").write_text("{}")
    return found


def tell(folder: Path, *boots: Boot) -> None:
    lines = [
        Event(boot.when, "boot", "done", "ready", boot.seconds, record=boot.to_json()).to_json()
        for boot in boots
    ]
    (folder / "events.jsonl").write_text("".join(f"{line}\n" for line in lines))


def test_of_several_shapes_it_names_the_one_and_only_its_own_starts() -> None:
    other, now = (replace(start(0, took), shape=on) for took, on in ((7, "B200:8"), (90, "H200:8")))
    starts = Starts("demo", (other, now))
    assert ", release 0123456789ab, on H200:8\n" in text(starts)
    assert "release 0123456789ab, on B200:8</span>" in html(starts)
    assert "before" not in text(starts)
    assert "before: 38.5 s" in text(Starts("demo", (other, replace(now, shape="B200:8"))))


def test_a_start_beyond_its_budget_is_called_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = replace(start(0, 10), budget=40.0)
    said = "1.5 s more than the 40 s of `lifecycle.start_budget`"
    tell(folder, late)

    assert f"  over: {said}\n" in text(Starts("demo", (late,)))
    assert summary(late).startswith(f"ready after 41.5 s, {said}: imports 20.0 s, ")
    assert f'<p class="note">{said}</p>' in html(Starts("demo", (late,)))
    assert main(["timeline", "demo"]) == 1
    assert f"  over: {said}\n" in capsys.readouterr().out


def test_a_start_within_its_budget_is_fine() -> None:
    drawn = text(Starts("demo", (replace(start(0, 10), budget=41.5),)))

    assert "over" not in drawn
    assert "no budget" not in drawn


def test_each_stage_stands_beside_its_budget(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    budgets = (Allowed("graphs", 9.0), Allowed("warmup", 60), Allowed("weights", 40.0))
    late = replace(start(0, 50), budgets=budgets)
    said = "weights 10.0 s more than the 40 s of `lifecycle.stage_budgets`"
    tell(folder, late)

    assert text(Starts("demo", (late,))).splitlines()[2:] == [
        "  imports     20.0 s          ##########",
        "  weights     50.0 s of 40 s            #########################  25.0 GB at 0.50 GB/s",
        "  graphs       9.0 s of 9 s                                      ####",
        "  told by nobody: 2.5 s",
        f"  over: {said}",
    ]
    page = html(Starts("demo", (late,)))
    assert page.count('<tr class="late">') == 1
    assert "<td> of 40 s</td>" in page
    assert f'<p class="note">{said}</p>' in page
    assert "no budget" not in page
    assert main(["timeline", "demo", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["over"] == [{"stage": "weights", "seconds": 50.0, "budget": 40.0}]
    assert told["starts"][0]["budgets"][2] == {"name": "weights", "seconds": 40.0}
    assert not told["slower"]


def test_a_start_is_drawn() -> None:
    drawn = text(Starts("demo", (start(0, 10), start(1, 50)))).splitlines()

    assert drawn[0].startswith("demo: ready after 81.5 s, 1970-01-01 ")
    assert drawn[1:] == [
        "  sglang 0.5.23, release 0123456789ab",
        "  imports     20.0 s  ##########",
        "  weights     50.0 s            #########################  25.0 GB at 0.50 GB/s",
        "  graphs       9.0 s                                     ####",
        "  told by nobody: 2.5 s",
        "  no budget is stated: `lifecycle.stage_budgets`, `lifecycle.start_budget`",
        "  slower: weights took 50.0 s, 5.0 times the 10.0 s of the start before",
        "  slower: the whole start took 81.5 s, 2.0 times the 41.5 s of the start before",
        "  before: 41.5 s",
    ]


def test_the_page_needs_nothing_beside_itself_and_escapes_what_others_wrote() -> None:
    page = html(Starts("<script>alert(1)</script>", (start(0, 10), start(1, 50))))

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(?:src|href)=|url\(|@import", page)
    assert page.count('class="bar"') == 6
    assert "weights took 50.0 s, 5.0 times the 10.0 s of the start before" in page
    assert page.count("no budget is stated") == 2


def test_the_verb_shows_what_the_supervisor_told(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    tell(folder, start(0, 10))
    assert main(["timeline", "demo", "--html", "starts.html"]) == 0
    assert capsys.readouterr().out.startswith("demo: ready after 41.5 s")
    assert (tmp_path / "starts.html").read_text().startswith("<!doctype html>")

    tell(folder, start(0, 10), start(1, 50))
    assert main(["timeline", "demo", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["stages"][1]["seconds"] for each in told["starts"]] == [10.0, 50.0]
    weights = {"stage": "weights", "seconds": 50.0, "usual": 10.0, "than": "last"}
    assert told["slower"][0] == weights


def test_no_start_is_nothing_to_look_at(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(folder)

    assert main(["timeline", "demo"]) == 2
    assert "no start of demo is known that came to serving" in capsys.readouterr().err
