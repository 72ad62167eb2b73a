"""`bench/gpu/life.py` around a real supervisor, and an engine without a model."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.serve.living import make_release

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "gpu" / "life.py"

RANKS = ["--children", "sglang::scheduler", "sglang::detokenizer"]


def scenario(name: str, words: list[str], fault: dict[str, Any], *expect: str) -> dict[str, Any]:
    return {
        "name": name, "port": free_port(), "words": words, "fault": fault, "expect": expect,
        "warmup": ["chat"], "timeout": 200,
    }  # fmt: skip


@pytest.mark.process
def test_faults_are_done_one_beside_the_other_and_told(tmp_path: Path) -> None:
    kill = {"kind": "signal", "process": "scheduler", "signal": "SIGKILL", "watch": 100}
    stop = {"kind": "signal", "process": "scheduler", "signal": "SIGSTOP", "watch": 100}
    stage = [
        scenario("kill", RANKS, kill, "scheduler.*SIGKILL"),
        {**scenario("stop", RANKS, stop, "hangs: .*stopped for"), "lifecycle": {"hang": 2}},
        scenario("drain", RANKS, {"kind": "drain", "streams": 3, "tokens": 5}, "3 of 3 streams"),
        scenario("wrong", RANKS, {"kind": "prompts", "tokens": [5]}, "what nobody says"),
        {**scenario("never", ["--exit-early", "3"], {}, "exit code 3"), "since": "."},
    ]
    (tmp_path / "plan.json").write_text(json.dumps({"stages": [stage]}), encoding="utf-8")
    release = make_release("--enable-metrics")
    release = replace(release, warmup=release.warmup[:1])
    (tmp_path / "release.json").write_text(release.to_json(), encoding="utf-8")

    ran = subprocess.run(
        [
            sys.executable, str(SCRIPT), "plan.json", "out", "--release", "release.json", "--model",
            "/models/fake",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    result = json.loads(next((tmp_path / "out").glob("life-*.json")).read_text("utf-8"))
    found = {each["name"]: each for each in result["scenarios"]}
    assert ran.returncode == 1, ran.stderr
    assert {name: each["missing"] for name, each in found.items()} == {
        "kill": [], "stop": [], "drain": [], "wrong": ["what nobody says"], "never": [],
    }  # fmt: skip
    assert [found[name]["exit"] for name in ("kill", "stop", "drain", "wrong", "never")] == [
        1, 1, 0, 0, 1,
    ]  # fmt: skip
    assert all(each["left"] == {} and each["key_in_log"] == 0 for each in found.values())
    assert found["stop"]["failed_ms"] >= 2000
    assert found["wrong"]["observed"][0]["what"] == "a prompt of 5 tokens: 200"
    assert found["never"]["started"][-1]["phase"] == "ended"
