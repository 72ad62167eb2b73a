"""Silence about memory is said, wherever it is because nobody knows the model."""

from __future__ import annotations

import pytest

from deployer.check.run import load_checked
from deployer.finding import Finding, Severity

PROFILE = """\
name: x
model: {{repo: {repo}, revision: "{commit}", served_name: m}}
hardware: {{gpu: {gpu}, count: 8}}
engine: {{version: {version}, image: "lmsysorg/sglang:v{version}"}}
serving: {{api_key_env: null}}
modal:
  app: x
  weights: {{volume: w, path: /w}}
  kernel_cache: {{volume: k, path: /k}}
"""


def said(repo: str, gpu: str = "H200", version: str = "0.5.17") -> list[Finding]:
    text = PROFILE.format(repo=repo, commit="0" * 40, gpu=gpu, version=version)
    _, findings = load_checked(text, "p.yaml")
    return [one for one in findings if one.check == "memory-not-looked-at"]


def test_a_model_that_nobody_knows_is_told_with_what_would_tell() -> None:
    (one,) = said("acme/our-own-finetune")

    assert (one.severity, one.path) == (Severity.NOTE, "model.repo")
    assert "whether it fits was not looked at" in one.message
    assert "`deployer lock`" in one.hint


@pytest.mark.parametrize("repo", ["zai-org/GLM-5.1-FP8", "Qwen/Qwen3-32B"])
def test_a_model_that_is_known_was_looked_at(repo: str) -> None:
    assert said(repo) == []


def test_a_release_that_nobody_knows_is_told() -> None:
    (one,) = said("Qwen/Qwen3-32B", version="0.5.99")

    assert "SGLang 0.5.99" in one.message
    assert "lock" not in one.hint
