"""A gate that fails on this machine, with the real engine: the release before serves again."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.life.living import Life

pytestmark = [pytest.mark.engine]


def test_a_release_whose_answers_are_not_right_enough_goes_back(
    life: Life, applied: subprocess.CompletedProcess[str]
) -> None:
    assert applied.returncode == 0
    before = life.status()["digest"]
    text = life.profile.read_text(encoding="utf-8")
    # The tiny model gets three of its 82 questions wrong.
    changed = text.replace("max_prefill_tokens: 32768", "max_prefill_tokens: 16384")
    assert changed != text
    life.profile.write_text(f"{changed}objectives:\n  accuracy_min: 1.0\n", encoding="utf-8")
    words = ("apply", str(life.profile), "--yes", "--rollback-on-failure", "--format", "json")
    try:
        ran = life.deployer(*words, code=1)
    finally:
        life.profile.write_text(text, encoding="utf-8")
    shown = json.loads(ran.stdout)
    assert shown["verified"] is True, ran.stderr
    assert shown["digest"] != before
    (gate,) = shown["gates"]
    assert (gate["objective"], gate["held"]) == ("accuracy_min", "missed")
    assert shown["back"].startswith(f"gone back to release {before[:12]}, which serves and keeps")
    assert life.status()["digest"] == before
