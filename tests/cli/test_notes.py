"""Where all is well little is said; `--verbose` says it all, `--quiet` only what is wrong."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import click
import pytest

from deployer.cli.main import VERBS, main
from tests.shipped import shipped

SHIPPED = sorted(str(path) for path in Path("profiles").glob("*.yaml"))
TELLING = (
    "check",
    "compile",
    "fit",
    "cost",
    "predict",
    "plan",
    "apply",
    "resolve",
    "verify",
    "import",
    "upgrade",
)


def check(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["check", *words]) == 0
    return capsys.readouterr().out


def test_the_shipped_profiles_draw_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    lines = check(capsys, *SHIPPED).splitlines()

    assert len(lines) == len(SHIPPED) >= 4
    assert all(": fine" in line for line in lines)
    assert not any("not looked at" in line for line in lines)
    assert "profiles/cpu-tiny.yaml: fine" in lines
    assert any("notes, --verbose shows them)" in line for line in lines)


def test_verbose_shows_every_note_and_quiet_counts_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    full = check(capsys, "--verbose", *SHIPPED)
    quiet = check(capsys, "--quiet", *SHIPPED)

    assert full.count(": note[") >= 10
    assert "--verbose" not in full
    assert quiet == "".join(f"{path}: fine\n" for path in SHIPPED)


@pytest.mark.parametrize("words", [(), ("--quiet",)])
def test_fine_says_what_was_not_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    path = tmp_path / "p.yaml"
    text = shipped("h200-fallback")
    path.write_text(text.replace("zai-org/GLM-5.1-FP8", "acme/our-own"), encoding="utf-8")

    assert ": fine, but whether it fits was not looked at" in check(capsys, *words, str(path))


def test_what_is_wrong_is_said_whatever_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.yaml"
    text = Path("profiles/b200-fp8-eagle.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("port: 8000", "prt: 8000"), encoding="utf-8")

    for words, notes in (([], 0), (["--quiet"], 0), (["--verbose"], 1)):
        assert main(["check", *words, str(path)]) == 1
        shown = capsys.readouterr().out
        assert "error[unknown-key]" in shown
        assert (": note[" in shown) == bool(notes)
        assert ("--verbose shows" in shown) == (not words)


def test_programs_get_the_notes_unless_they_want_none(capsys: pytest.CaptureFixture[str]) -> None:
    every = json.loads(check(capsys, "--format", "json", *SHIPPED))
    none = json.loads(check(capsys, "--format", "json", "--quiet", *SHIPPED))

    assert every["counts"]["note"] >= 10
    assert none["counts"]["note"] == 0


def test_another_verb_says_notes_when_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    profile = "profiles/b200-no-spec.yaml"
    assert main(["compile", profile]) == 0
    assert "note[" not in capsys.readouterr().err
    assert main(["compile", "--verbose", profile]) == 0
    assert "note[" in capsys.readouterr().err


def test_upgrade_says_notes_when_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    for words, notes in ((), 0), (("--verbose",), 1), (("--quiet",), 0):
        assert main(["upgrade", *words, "profiles/b200-no-spec.yaml"]) == 0
        assert ("note[" in capsys.readouterr().out) == bool(notes)


def test_a_program_gets_the_notes_of_an_upgrade(capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for words in (), ("--quiet",):
        assert main(["upgrade", "--format", "json", *words, "profiles/b200-no-spec.yaml"]) == 0
        findings = json.loads(capsys.readouterr().out)["findings"]
        found.append([one for one in findings if one["severity"] == "note"])

    assert len(found[0]) >= 1
    assert found[1] == []


def test_both_at_once_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--verbose", "--quiet", *SHIPPED]) == 2
    assert "contradict" in capsys.readouterr().err


@pytest.mark.parametrize("verb", TELLING)
def test_every_verb_that_tells_findings_has_the_same_options(verb: str) -> None:
    assert verb in VERBS
    command = importlib.import_module(f"deployer.cli.{verb}_verb").command
    assert isinstance(command, click.Command)
    options = {
        name: each.help
        for each in command.params
        if isinstance(each, click.Option)
        for name in each.opts
    }

    assert {"--verbose", "--quiet"} <= set(options)
