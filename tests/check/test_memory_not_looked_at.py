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


BESIDE = {
    "a draft": (
        "speculative: {algorithm: EAGLE3, num_steps: 3, eagle_topk: 1, num_draft_tokens: 4, "
        "draft_model: a/eagle3}\n"
    ),
    "an adapter": "lora: {adapters: {sql: a/sql}}\n",
}


def memory(repo: str, more: str) -> set[str]:
    text = PROFILE.format(repo=repo, commit="0" * 40, gpu="H200", version="0.5.17") + more
    _, findings = load_checked(text, "p.yaml")
    return {one.check for one in findings} & {"does-not-fit", "memory-not-looked-at"}


@pytest.mark.parametrize("more", BESIDE.values(), ids=BESIDE)
def test_what_is_beside_a_model_never_makes_it_fit(more: str) -> None:
    assert memory("zai-org/GLM-5.1", "") == {"does-not-fit"}
    assert memory("zai-org/GLM-5.1", more) == {"does-not-fit", "memory-not-looked-at"}


@pytest.mark.parametrize("more", BESIDE.values(), ids=BESIDE)
def test_a_stated_fraction_is_held_against_the_model_alone(more: str) -> None:
    small, enough = (f"memory: {{mem_fraction_static: {share}}}\n" for share in (0.1, 0.85))

    assert "does-not-fit" in memory("zai-org/GLM-5.1-FP8", more + small)
    assert "does-not-fit" not in memory("zai-org/GLM-5.1-FP8", more + enough)


@pytest.mark.parametrize("more", BESIDE.values(), ids=BESIDE)
def test_a_model_that_may_fit_is_said_to_be_open(more: str) -> None:
    assert memory("zai-org/GLM-5.1-FP8", more) == {"memory-not-looked-at"}


def test_sizes_for_which_the_engine_finds_no_fraction_are_told_where_they_are() -> None:
    more = "schedule: {chunked_prefill_size: 131072}\n"
    text = PROFILE.format(
        repo="nvidia/GLM-5.2-NVFP4", commit="0" * 40, gpu="B200", version="0.5.14"
    )
    _, findings = load_checked(text + more, "p.yaml")
    (one,) = [one for one in findings if one.check == "does-not-fit"]

    assert one.path == "schedule.chunked_prefill_size"
    assert "GiB free, and B200 has 179.1: nothing is left" in one.message
