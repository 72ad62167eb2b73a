"""`deployer bench` against the real engine: the tool runs, and what it found is kept and shown."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.life.living import Life

pytestmark = [pytest.mark.engine]

ASKED = ("--input", "64", "--output", "8", "--concurrency", "2", "--requests", "8")


def test_a_load_is_measured_kept_and_shown(
    life: Life, applied: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    assert applied.returncode == 0
    page = tmp_path / "bench.html"
    ran = life.deployer("bench", "cpu-tiny", *ASKED, "--html", str(page), "--format", "json")
    found = json.loads(ran.stdout)
    (point,) = found["run"]["points"]
    assert (point["completed"], point["failed"], point["faults"]) == (8, 0, [])
    assert point["output_tokens"] == 8 * 8
    assert point["input_tokens"] >= 8 * 64
    assert point["first_token"]["count"] == 8
    assert point["cached"] is not None
    assert found["before"] is None
    assert "✓ bench" in ran.stderr
    assert "2 at a time: " in ran.stderr
    assert life.key() not in ran.stdout + ran.stderr
    assert page.read_text("utf-8").count("<svg") == 3
    kept = list((life.state.parents[1] / "bench" / "cpu-tiny").iterdir())
    assert len(kept) == 1
    assert json.loads(kept[0].read_text())["digest"] == found["run"]["digest"]
