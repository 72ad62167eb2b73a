"""A rehearsal on this machine, with a supervisor that stands for the engine's own."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deployer.apply.local.parts import Parts
from deployer.cli.main import main
from deployer.cli.manner import Manner
from deployer.cli.planning import read
from deployer.cli.rehearsing_here import NOT_SHOWN, rehearse_here
from deployer.errors import Failure
from deployer.verify.verdict import Outcome, Verdict
from tests.apply.world import fake_parts, passing

GLM = "profiles/b200-fp8-eagle.yaml"
MANNER = Manner("text", yes=True, take_over=False, verify=True)


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return fake_parts(tmp_path, sample=lambda *_: "")


def left(home: Path) -> list[str]:
    folder = home / "state" / "deployer" / "local"
    names = [path.name for path in folder.iterdir()] if folder.exists() else []
    return sorted(name for name in names if not name.startswith("."))


@pytest.mark.process
def test_what_was_taken_and_what_was_not_is_told_and_nothing_is_left(
    parts: Parts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rehearse_here(read(GLM), MANNER, 20, parts) == 0
    said = capsys.readouterr()
    assert "SGLang 0.5.23 with a tiny GlmMoeDsaForCausalLM whose weights are noise" in said.err
    assert "Its start may take 20 min" in said.err
    lines = said.out.splitlines()
    assert lines[0].startswith("b200-fp8-eagle-rehearsal served here (")
    assert lines[0].endswith("; nothing of it is left")
    assert (
        "  engine    SGLang 0.5.23; the profile's is 0.5.10.post1, which is not for a CPU" in lines
    )
    assert "    --enable-flashinfer-allreduce-fusion: it chooses among kernels of GPUs" in lines
    assert "--reasoning-parser glm45, --tool-call-parser glm47" in said.out
    assert "    quantized weights: their kernels are for GPUs" in lines
    assert lines[-1] == f"  It says nothing of {NOT_SHOWN}."
    assert left(tmp_path) == []

    broken = dataclasses.replace(parts, verify=failing)
    form = dataclasses.replace(MANNER, form="json")
    assert rehearse_here(read(GLM), form, 20, broken) == 1
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (shown["served"], shown["left"], shown["format_version"]) == (False, "", 1)
    assert shown["architecture"] == "GlmMoeDsaForCausalLM"
    assert shown["sizes"]["num_hidden_layers"] == {"of": 78, "tried": 2}
    assert "--max-running-requests 48" in shown["passed"]
    assert {"words": "--tp-size 8"}.items() <= shown["not_tried"][1].items()
    assert shown["not_shown"] == NOT_SHOWN
    assert left(tmp_path) == []


def failing(*_: object) -> tuple[Verdict, ...]:
    return (*passing(), Verdict("tokens", Outcome.FAILED, 0.1, message="no token came"))


@pytest.mark.process
def test_one_that_does_not_serve_says_nothing_against_the_gpus_and_leaves_its_log(
    parts: Parts, tmp_path: Path
) -> None:
    dead = dataclasses.replace(parts, supervisor=(sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(Failure, match="the rehearsal did not serve on this machine") as found:
        rehearse_here(read(GLM), MANNER, 20, dead)
    assert "a CPU may be unable to run a GlmMoeDsaForCausalLM at all" in found.value.hint
    assert "`deployer destroy b200-fp8-eagle-rehearsal` removes what is left" in found.value.hint
    assert left(tmp_path) == ["b200-fp8-eagle-rehearsal"]
    assert rehearse_here(read(GLM), MANNER, 20, parts) == 0
    assert left(tmp_path) == []


def test_a_model_that_nothing_is_known_of_is_refused_before_anything_starts(
    parts: Parts, tmp_path: Path
) -> None:
    profile = tmp_path / "p.yaml"
    text = Path(GLM).read_text("utf-8")
    profile.write_text(text.replace("zai-org/GLM-5.1-FP8", "nobody/knows"), "utf-8")
    with pytest.raises(Failure, match="the config of nobody/knows is not on this machine") as found:
        rehearse_here(read(str(profile)), MANNER, 20, parts)
    assert "`deployer lock" in found.value.hint
    assert left(tmp_path) == []


def test_here_is_about_a_rehearsal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", GLM, "--here"]) == 2
    assert "--here is about a rehearsal" in capsys.readouterr().err
