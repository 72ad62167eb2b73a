"""What `auto` and unset mean for sparse attention, release by release: the research's table."""

from __future__ import annotations

import pytest
import yaml

from deployer.behaviour.resolved import Resolved
from deployer.compile.case import Case
from deployer.profile.load import load_profile
from tests.check.known_bug_rows import args, on
from tests.check.sane import Change, changed

GLM = "zai-org/GLM-5.1-FP8"


def resolved(*changes: Change) -> Resolved:
    merged = changed({"memory": None, "kernels": None})
    for change in changes:
        merged = changed(change, merged)
    loaded = load_profile(yaml.safe_dump(merged, sort_keys=False), "p.yaml")
    assert loaded.profile is not None
    return Case(loaded.profile).resolved


@pytest.mark.parametrize(
    ("version", "gpu", "dtype", "found"),
    [
        ("0.5.9", "H200", None, ("bfloat16", "flashmla_sparse", "fa3")),
        ("0.5.9", "B200", None, ("fp8_e4m3", "flashmla_auto", "flashmla_kv")),
        ("0.5.9", "B200", "bf16", ("bfloat16", "flashmla_sparse", "trtllm")),
        ("0.5.10.post1", "H200", "auto", ("bfloat16", "flashmla_sparse", "fa3")),
        ("0.5.10.post1", "H200", "fp8_e4m3", ("fp8_e4m3", "flashmla_auto", "flashmla_kv")),
        ("0.5.10.post1", "B200", None, ("fp8_e4m3", "trtllm", "trtllm")),
        ("0.5.10.post1", "B300", "bfloat16", ("bfloat16", "flashmla_sparse", "trtllm")),
        ("0.5.23", "H100", "fp8_e4m3", ("fp8_e4m3", "flashmla_kv", "flashmla_kv")),
        ("0.5.23", "B200", None, ("fp8_e4m3", "trtllm", "trtllm")),
        ("0.5.23", "B200", "bfloat16", ("bfloat16", "flashmla_sparse", "trtllm")),
    ],
)
def test_defaults(version: str, gpu: str, dtype: str | None, found: tuple[str, str, str]) -> None:
    memory: Change = {"memory": {"kv_cache_dtype": dtype}} if dtype else {}
    read = resolved(on(version, gpu, GLM), memory)

    assert (read.kv_cache_dtype.value, *(phase.value for phase in read.sparse_kernels)) == found


def test_what_is_stated_is_taken_and_only_0_5_10_overrules_it() -> None:
    stated: Change = {
        "memory": {"kv_cache_dtype": "fp8_e4m3"},
        "kernels": {"prefill": "flashmla_kv", "decode": "flashmla_kv"},
    }

    for version, found in (("0.5.10", "trtllm"), ("0.5.11", "flashmla_kv")):
        read = resolved(on(version, "B200", GLM), stated)
        assert {phase.value for phase in read.sparse_kernels} == {found}
        assert read.dsa_prefill_backend.path == ("kernels", "prefill")


def test_other_models_have_no_sparse_kernels() -> None:
    read = resolved(on("0.5.23", "B200", "Qwen/Qwen3-32B"))

    assert read.kv_cache_dtype.value == "auto"
    assert [phase.value for phase in read.sparse_kernels] == ["", ""]
    assert read.moe_runner_backend.value == "auto"
    assert read.attention_backend.value == "trtllm_mha"
    assert read.page_size.value == 64


def test_of_a_model_that_nobody_knows_nothing_is_said() -> None:
    read = resolved(on("0.5.23", "B200", "acme/own-model"))

    assert read.attention_backend.value is None
    assert read.moe_runner_backend.value is None
    assert read.page_size.value is None
    assert resolved(on("0.5.23", "H200", "acme/own-model")).page_size.value == 1


@pytest.mark.parametrize(
    ("version", "gpu", "repo", "found"),
    [
        ("0.5.10.post1", "B200", GLM, ""),
        ("0.5.11", "H200", GLM, "trtllm"),
        ("0.5.14", "B200", GLM, "mnnvl"),
        ("0.5.14", "H200", GLM, "trtllm"),
        ("0.5.23", "B200", "zai-org/GLM-5.3-Flash", ""),
        ("0.5.23", "B200", "zai-org/GLM-5.3-FP8", "mnnvl"),
        ("0.5.10", "B200", "deepseek-ai/DeepSeek-V3.2", "trtllm"),
        ("0.5.11", "B200", "deepseek-ai/DeepSeek-V3.2", "trtllm"),
        ("0.5.14", "B200", "deepseek-ai/DeepSeek-V3.2", "mnnvl"),
        ("0.5.23", "A100-80GB", "openai/gpt-oss-120b", ""),
        ("0.5.23", "H100", "openai/gpt-oss-120b", "trtllm"),
        ("0.5.23", "B200", "Qwen/Qwen3-32B", ""),
    ],
)
def test_fusion_that_comes_on_by_itself(version: str, gpu: str, repo: str, found: str) -> None:
    assert resolved(on(version, gpu, repo)).allreduce_fusion.value == found


@pytest.mark.parametrize(
    "change",
    [
        {"kernels": {"allreduce_fusion": False}},
        {"parallel": {"dp": 8, "dp_attention": True}},
        {"moe": {"a2a": "deepep"}},
        {"hardware": {"count": 1}},
        {"engine": {"version": "0.5.11"}} | args(nnodes=2),
    ],
)
def test_fusion_that_stays_off(change: Change) -> None:
    base = on("0.5.11", "B200", GLM)

    assert resolved(base).allreduce_fusion.value
    assert resolved(base, change).allreduce_fusion.value == ""
