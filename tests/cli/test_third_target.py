"""A third target is a folder and a line: every verb that local and Modal share takes it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.apply.target import Place
from deployer.cli import apply_local, apply_modal, planning, reading, target
from deployer.cli.main import main
from deployer.cli.target import Carrier, Kind
from tests.diagnose.excerpts import SERVING
from tests.fakes.paper import carrier
from tests.fakes.paper import target as paper
from tests.verify.fake_engine import Behaviour, running

PROFILE = str(Path(__file__).parents[2] / "profiles" / "cpu-tiny.yaml")
METRICS = Path("tests/data/metrics/sglang-0.5.23.txt").read_text(encoding="utf-8")

PAPER: Place = paper
CARRIERS: tuple[Carrier, ...] = (apply_local, apply_modal, carrier)
"""The types are checked: it is all that verbs ask of a target."""


@pytest.fixture(autouse=True)
def on_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the line in, and read the profile, whose own words know two targets, as one for it."""
    monkeypatch.setitem(target.TARGETS, "paper", Kind(PAPER, carrier.__name__))
    monkeypatch.setenv(paper.FOLDER, str(tmp_path))
    monkeypatch.setenv("MODAL_CONFIG_PATH", str(tmp_path / "none.toml"))
    for variable in ("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(
        planning.Meant,
        "release",
        property(lambda meant: replace(meant.case.release, target="paper")),
    )
    read_release = reading.read_release
    monkeypatch.setattr(
        reading, "read_release", lambda path: replace(read_release(path), target="paper")
    )


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    return code, capsys.readouterr().out


def test_it_is_planned_rehearsed_applied_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    planned = ["plan", PROFILE, "--detailed-exitcode"]
    assert ran(capsys, *planned) == (2, "cpu-tiny is written\n")
    rehearsal = ["apply", PROFILE, "--rehearse", "--rehearse-minutes", "7"]
    assert ran(capsys, *rehearsal) == (0, "cpu-tiny would be written within 7 min\n")
    assert not paper.file_of("cpu-tiny").exists()
    assert ran(capsys, "apply", PROFILE) == (0, "cpu-tiny is written down\n")
    assert ran(capsys, *planned) == (0, "cpu-tiny stays\n")

    assert ran(capsys, "destroy", "cpu-tiny") == (2, "")  # there is nobody to agree
    assert ran(capsys, "destroy", "cpu-tiny", "--yes", "--volume", "v") == (2, "")
    assert paper.file_of("cpu-tiny").exists()
    code, out = ran(capsys, "destroy", "cpu-tiny", "--yes", "--format", "json")
    value = json.loads(out)
    del value["format_version"]
    assert (code, value) == (0, {"name": "cpu-tiny", "target": "paper", "thrown_away": True})
    assert not paper.file_of("cpu-tiny").exists()


@pytest.mark.parametrize("given", ["cpu-tiny", PROFILE])
def test_it_is_looked_at_by_its_name_and_by_its_profile(
    given: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["apply", PROFILE]) == 0
    capsys.readouterr()

    assert ran(capsys, "status", given) == (0, "on paper: written\n")
    assert ran(capsys, "logs", given) == (0, SERVING)
    assert ran(capsys, "diagnose", given)[1].startswith("the log of cpu-tiny: 14 lines")
    assert ran(capsys, "timeline", given)[1].startswith("cpu-tiny")
    told = (200, "text/plain; version=0.0.4", METRICS)
    with running(Behaviour(raw={"/metrics": told})) as engine:
        monkeypatch.setenv(paper.URL, engine.url)
        code, out = ran(capsys, "top", given, "--every", "0.2")
    assert code == 0
    assert out.startswith(f"cpu-tiny  {engine.url}  answers\n")


def test_it_is_among_all_that_is_deployed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", PROFILE]) == 0
    capsys.readouterr()

    code, out = ran(capsys, "status", "--format", "json")
    found = json.loads(out)
    assert (code, found["on_modal"]) == (0, [])
    assert [(one["name"], one["state"]) for one in found["deployments"]] == [
        ("cpu-tiny", "written")
    ]
    assert main(["status", "cpu-tinny"]) == 1
    assert "Did you mean `cpu-tiny`?" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["history", "rollback", "drift", "secrets", "keys"])
def test_what_only_another_target_has_is_refused_by_the_name_of_the_place(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, PROFILE]) == 2
    said = capsys.readouterr().err
    wanted = "is served on paper" if verb == "secrets" else "and `cpu-tiny` is for paper"
    assert wanted in said


def test_the_line_of_each_target_names_what_carries_it_out() -> None:
    assert tuple(map(target.carrier, target.TARGETS)) == CARRIERS
