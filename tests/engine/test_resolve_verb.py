"""`deployer resolve` as people call it, with a script in the place of the engine's python."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from deployer.cli.main import main
from deployer.engine.environment import EngineEnvironment

PROFILE = "profiles/b200-fp8-eagle.yaml"

ENGINE = """#!{python}
import json, sys
request = json.load(open(sys.argv[-2]))
words = request["questions"][0]["arguments"]
page = {{"field": "page_size", "flag": "--page-size", "default": None, "given": False,
        "stated": None, "resolved": 64, "rule": ""}}
answer = {{"outcome": "resolved", "message": "", "where": "", "values": [page], "said": [],
          "variables": {{}}, "pretended": [], "missing": []}} | json.loads({parts!r})
about = {{"packages": {{"torch": "2.13.0+cpu"}}, "pretended": ["flashinfer"]}}
json.dump(about | {{"answers": [answer]}}, open(sys.argv[-1], "w"))
"""


@pytest.fixture
def engine(fake_engine: EngineEnvironment, monkeypatch: pytest.MonkeyPatch) -> EngineEnvironment:
    monkeypatch.setenv("DEPLOYER_ENGINE_HOME", str(fake_engine.root.parent))
    return fake_engine


def _says(engine: EngineEnvironment, **parts: Any) -> None:
    # As an environment's python does, it leads to the interpreter that the environment was made of;
    # where this checkout lies, the jail may show nothing.
    python = Path(sys.executable).resolve()
    engine.python.write_text(ENGINE.format(python=python, parts=json.dumps(parts)))


def test_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEPLOYER_ENGINE_HOME", str(tmp_path))
    assert main(["resolve", PROFILE, "--engine", "0.5.23"]) == 1
    assert "`deployer engine install 0.5.23`" in capsys.readouterr().err


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "0.4.1"], "SGLang 0.4.1 is not known here"),
        (["--engine", "0.5.23", "--model-config", "nothing.json"], "nothing.json: No such file"),
        (["--engine", "0.5.23", "--model-config", PROFILE], "is not JSON"),
    ],
)
def test_wrong_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resolve", PROFILE, *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("engine")
def test_a_profile_that_is_not_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: x\n")
    assert main(["resolve", str(wrong)]) == 1
    assert "is not right" in capsys.readouterr().err


@pytest.mark.process
def test_another_release(engine: EngineEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    _says(engine)
    assert main(["resolve", PROFILE, "--engine", "0.5.23"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("b200-fp8-eagle: SGLang 0.5.23 takes these arguments")
    assert "The profile names 0.5.10.post1" in out
    assert "  --page-size  -               none     64\n" in out


@pytest.mark.process
def test_every_shape_of_a_deployment(
    engine: EngineEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    _says(engine)
    words = ["resolve", "profiles/b200-or-h200.yaml", "--engine", "0.5.23", "--verbose"]
    assert main(words) == 0
    heads = [one for one in capsys.readouterr().out.splitlines() if "takes these" in one]
    assert [one.rpartition(" on ")[2] for one in heads] == ["8 x NVIDIA B200", "8 x NVIDIA H200"]
    assert main([*words, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["gpu"]["name"] for one in (document, *document["shapes"])] == [
        "NVIDIA B200", "NVIDIA H200",
    ]  # fmt: skip


@pytest.mark.process
def test_what_one_shape_is_refused_is_exit_1(
    engine: EngineEnvironment, capsys: pytest.CaptureFixture[str]
) -> None:
    _says(engine)
    refused = (
        'if request["questions"][0]["gpu"]["name"] == "NVIDIA H200": answer["outcome"] = "refused"'
    )
    text = engine.python.read_text()
    engine.python.write_text(text.replace("about =", f"{refused}\nabout =", 1))
    assert main(["resolve", "profiles/b200-or-h200.yaml", "--engine", "0.5.23"]) == 1
    out = capsys.readouterr().out
    assert "takes these arguments, as if on 8 x NVIDIA B200" in out
    assert "refuses these arguments, as if on 8 x NVIDIA H200" in out


@pytest.mark.process
def test_a_refusal_is_exit_1(engine: EngineEnvironment, capsys: pytest.CaptureFixture[str]) -> None:
    _says(engine, outcome="refused", message="topk is one", where="sglang/x.py:1", values=[])
    assert main(["resolve", PROFILE, "--engine", "0.5.23", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["accepted"], document["message"]) == (False, "topk is one")


@pytest.mark.process
def test_an_engine_that_dies(
    engine: EngineEnvironment, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    engine.python.write_text("#!/bin/sh\necho 'No module named torch' >&2\nexit 1\n")
    assert main(["resolve", PROFILE, "--engine", "0.5.23"]) == 1
    err = capsys.readouterr().err
    assert "resolving the arguments failed with exit status 1" in err
    assert "No module named torch" in err
    assert os.listdir(tmp_path) == ["home"]  # noqa: PTH208 - names are all that is asked
