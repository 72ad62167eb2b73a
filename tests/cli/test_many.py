"""One verb for many profiles: each gets its answer, and none hides another's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.cli.main import main
from tests.shipped import shipped

PROFILES = Path(__file__).parents[2] / "profiles"


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with two profiles for Modal."""
    for name in ("b200-fp8-eagle", "h200-fallback"):
        (tmp_path / f"{name}.yaml").write_text(shipped(name), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_pattern_is_all_that_it_matches(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del two
    assert main(["cost", "*.yaml", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)["profiles"]
    assert [(one["profile"], one["exit_code"]) for one in found] == [
        ("b200-fp8-eagle.yaml", 0),
        ("h200-fallback.yaml", 0),
    ]
    assert [one["result"]["name"] for one in found] == ["b200-fp8-eagle", "h200-fallback"]
    assert "h200-fallback.yaml (2 of 2)" in err


def test_one_that_is_wrong_is_told_and_the_others_are_answered(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two / "broken.yaml").write_text("name: [", encoding="utf-8")
    words = ["plan", "broken.yaml", "h200-fallback.yaml", "--offline"]
    assert main([*words, "--format", "json"]) == 1
    out, err = capsys.readouterr()
    broken, other = json.loads(out)["profiles"]
    assert (broken["exit_code"], other["exit_code"]) == (1, 0)
    assert broken["result"]["error"]["message"]
    assert other["result"]["name"] == "h200-fallback"
    assert "error: " in err
    assert main(["plan", *words[2:], "--detailed-exitcode", "b200-fp8-eagle.yaml"]) == 2
    assert "h200-fallback: Modal app" in capsys.readouterr().out.replace("\n", " ")


def test_what_is_of_one_profile_alone_is_refused_for_many(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del two
    assert main(["plan", "*.yaml", "-o", "plan.json"]) == 2
    assert "-o writes one plan, and there are several profiles" in capsys.readouterr().err
    assert main(["apply", "*.yaml", "--digest", "0" * 64]) == 2
    assert "--digest pins one plan" in capsys.readouterr().err


def test_an_apply_of_many_ends_at_the_first_that_fails(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (two / "broken.yaml").write_text("name: [", encoding="utf-8")
    assert main(["apply", "broken.yaml", "h200-fallback.yaml", "--yes"]) == 1
    assert "not begun after that failure: h200-fallback.yaml" in capsys.readouterr().err
