"""A rehearsal on the real engine: the shipped GLM profile as a tiny model of its architecture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployer.engine.install import EngineEnvironment
from tests.life.living import processes

pytestmark = [pytest.mark.engine]


def test_the_shipped_glm_profile_serves_as_a_tiny_model_and_leaves_nothing(
    engine_environment: EngineEnvironment, tmp_path: Path
) -> None:
    environ = {k: v for k, v in os.environ.items() if k != "API_KEY"}
    environ["XDG_STATE_HOME"] = str(tmp_path)
    words = ["apply", "profiles/b200-fp8-eagle.yaml", "--rehearse", "--here", "--format", "json"]
    ran = subprocess.run(
        [sys.executable, "-m", "deployer", *words, "--rehearse-minutes", "50"],
        capture_output=True,
        text=True,
        env=environ,
        timeout=3600,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = json.loads(ran.stdout)
    assert (shown["served"], shown["left"]) == (True, "")
    assert shown["engine"] == engine_environment.version
    assert shown["architecture"] == "GlmMoeDsaForCausalLM"
    assert {
        "--reasoning-parser glm45", "--tool-call-parser glm47", "--kv-cache-dtype bfloat16",
        "--max-running-requests 48", "--enable-metrics",
    } <= set(shown["passed"])  # fmt: skip
    verdicts = {one["probe"]: one for one in shown["verdicts"]}
    assert {one["outcome"] for one in verdicts.values()} == {"passed", "skipped"}
    assert verdicts["tokens"]["checked"][:2] == ["an answer of 16 tokens", "a stream of 16 tokens"]
    assert {"auth", "admin", "health"} <= set(verdicts)
    assert "pool of 16,384 tokens" in ran.stderr
    assert not processes(tmp_path)
    folder = tmp_path / "deployer" / "local"
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
