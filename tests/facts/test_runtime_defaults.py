"""Which decisions of the engine lie between two releases."""

from __future__ import annotations

import pytest

from deployer.facts.sglang.runtime_defaults import FP8, HOPPER, between

SPECULATION = {"--speculative-algorithm": ("EAGLE",)}
GLM45 = {"--reasoning-parser": ("glm45",)}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("0.5.9", "0.5.10", []),
        ("0.5.10.post1", "0.5.11", ["overlapped speculation"]),
        ("0.5.11", "0.5.10.post1", ["overlapped speculation"]),
        ("0.5.11", "0.5.12", []),
        ("0.5.12", "0.5.11", []),
        ("0.5.11", "0.5.11", []),
        ("0.5.9", "0.5.23", ["overlapped speculation"]),
    ],
)
def test_the_release_that_changed_it_is_met_and_the_one_that_was_left_is_not(
    old: str, new: str, told: list[str]
) -> None:
    assert [row.what for row in between(old, new, SPECULATION, "B200", "a/b")] == told


def test_only_the_value_that_a_row_names() -> None:
    assert [row.what for row in between("0.5.9", "0.5.10", GLM45, "B200", "a/b")] == [
        "the parser behind `glm45`"
    ]
    assert not list(between("0.5.9", "0.5.10", {"--reasoning-parser": ("qwen3",)}, "B200", "a/b"))


def test_what_is_stated_decides_by_itself() -> None:
    command = {**SPECULATION, "SGLANG_ENABLE_SPEC_V2": ("0",)}
    assert not list(between("0.5.9", "0.5.23", command, "B200", "a/b"))


@pytest.mark.parametrize(("gpu", "told"), [(HOPPER[0], True), ("B200", False), ("", False)])
def test_only_the_gpus_that_a_row_names(gpu: str, told: bool) -> None:
    command = {"--attention-backend": ("nsa",), "--kv-cache-dtype": FP8}
    what = [row.what for row in between("0.5.10.post1", "0.5.11", command, gpu, "a/b")]
    assert ("sparse-attention prefill with an FP8 KV cache on Hopper" in what) is told


@pytest.mark.parametrize(
    ("repo", "told"), [("zai-org/GLM-5.1-FP8", True), ("zai-org/GLM-4.6", False)]
)
def test_only_the_models_that_a_row_names(repo: str, told: bool) -> None:
    what = [row.what for row in between("0.5.10.post1", "0.5.11", {}, "H200", repo)]
    assert what == (["all-reduce fusion of GLM-5"] if told else [])
