"""Options that were renamed, and the JSON of the verbs about this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.cli.ending import ended
from deployer.cli.main import main
from deployer.errors import Failure


@pytest.mark.parametrize(
    ("verb", "name", "former"),
    [("fit", "--model-config", "--config"), ("import", "--out", "--output")],
)
def test_a_former_name_is_taken_and_not_shown(
    verb: str, name: str, former: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    words = shown.replace(",", " ").split()
    assert name in words
    assert former not in words

    for option in (name, former):
        target = tmp_path / "no" / "such"
        assert main([verb, "profiles/cpu-tiny.yaml", option, str(target)]) in {1, 2}
        assert "no such option" not in capsys.readouterr().err


def test_engines_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert main(["engine", "status", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "format_version": 1,
        "engines": [{"version": "0.5.23", "use": "cpu", "folder": ""}],
    }
    assert main(["engine", "status"]) == 0
    assert capsys.readouterr().out == "SGLang 0.5.23 for the CPU: not installed\n"
    assert main(["engine", "remove", "--format", "json"]) == 2
    assert (
        json.loads(capsys.readouterr().out)["error"]["message"] == "SGLang 0.5.23 is not installed"
    )
    assert main(["engine", "remove", "0.0.1"]) == 2


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("give the path of its profile", "Give the path of its profile"),
        ("it's there; leave it", "It's there; leave it"),
        ("`deployer status` shows it", "`deployer status` shows it"),
        ("deployer diff --base main", "deployer diff --base main"),
        ("engine.image names it", "engine.image names it"),
        ("api_key_env is the field", "api_key_env is the field"),
        ("Wait.", "Wait."),
        ("wait", "Wait"),
        ("", ""),
    ],
)
def test_every_hint_of_an_error_begins_alike(
    hint: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(Failure("no", hint=hint), ["plan", "--format", "json"]) == 1

    said = capsys.readouterr()
    assert said.err == f"error: no\n{f'  {shown}' + chr(10) if shown else ''}"
    assert json.loads(said.out)["error"]["hint"] == shown
