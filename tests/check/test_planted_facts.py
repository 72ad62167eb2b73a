"""Mistakes on models that ship no facts are caught with the facts that a lock gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from deployer.facts.models.catalogue import find
from deployer.finding import Severity

from .facts import CONFIGS, EAGLE3_DRAFT, EAGLE_DRAFT, judged, known, unshipped
from .sane import Change, changed

EAGLE: Change = {"algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 1}
EAGLE3: Change = {**EAGLE, "algorithm": "EAGLE3"}
NEXTN: Change = {**EAGLE, "algorithm": "NEXTN"}
DRAFT = "a/draft"

Q4 = "Qwen/Qwen3-4B-FP8"
Q8 = "Qwen/Qwen3-8B"
Q30 = "Qwen/Qwen3-30B-A3B-FP8"
Q235 = "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8"
LLAMA = "meta-llama/Llama-3.3-70B-Instruct"
MISTRAL = "mistralai/Mistral-Small-24B-Instruct-2501"
MINIMAX = "MiniMaxAI/MiniMax-M2.5"
AIR = "zai-org/GLM-4.5-Air"
AIR8 = "zai-org/GLM-4.5-Air-FP8"
R1 = "deepseek-ai/DeepSeek-R1-0528"
KIMI = "moonshotai/Kimi-K2-Instruct-0905"
NEXT = "Qwen/Qwen3-Next-80B-A3B-Instruct"
Q35 = "Qwen/Qwen3.5-397B-A17B-FP8"
OSS = "openai/gpt-oss-120b"
V4 = "deepseek-ai/DeepSeek-V4-Flash"


@dataclass(frozen=True)
class Planted:
    """A mistake: the model, what the profile says of it, and where it is told by which check."""

    repo: str
    change: Change
    check: str
    path: str
    draft: Change | None = None
    facts: Change = field(default_factory=dict)


def on(gpu: str, count: int, version: str = "0.5.23", **sections: Any) -> Change:
    """Give hardware, a release, and sections."""
    own: Change = {"hardware": {"gpu": gpu, "count": count}, "engine": {"version": version}}
    return changed(sections, own)


def args(**values: Any) -> Change:
    """Give flags under `engine.args`."""
    return {"engine": {"args": {name.replace("_", "-"): value for name, value in values.items()}}}


OVERRIDE = '{"max_position_embeddings": 65536}'
PAIR = {"prefill-attention-backend": "fa3", "decode-attention-backend": "flashinfer"}

PLANTED = (
    # FP8's blocks: experts, dense layers, attention, linear attention.
    Planted(Q4, on("H100", 8), "expert-blocks-undivided", "hardware.count"),
    Planted(Q4, on("H100", 8, parallel={"tp": 8}), "expert-blocks-undivided", "parallel.tp"),
    Planted(Q30, on("H100", 4), "expert-blocks-undivided", "hardware.count"),
    Planted(Q30, on("H100", 8, parallel={"ep": 2}), "expert-blocks-undivided", "hardware.count"),
    Planted(Q235, on("H200", 8), "expert-blocks-undivided", "hardware.count"),
    Planted(Q235, on("B200", 8, parallel={"tp": 8}), "expert-blocks-undivided", "parallel.tp"),
    Planted(MINIMAX, on("H100", 8), "expert-blocks-undivided", "hardware.count"),
    Planted(Q35, on("H200", 8), "expert-blocks-undivided", "hardware.count"),
    Planted(Q35, on("B200", 4), "expert-blocks-undivided", "hardware.count"),
    # Heads.
    Planted(Q8, on("H100", 6), "heads-undivided", "hardware.count"),
    Planted(LLAMA, on("H100", 5), "heads-undivided", "hardware.count"),
    Planted(LLAMA, on("H100", 6, parallel={"tp": 6}), "heads-undivided", "parallel.tp"),
    Planted(MISTRAL, on("L40S", 3), "heads-undivided", "hardware.count"),
    Planted(AIR, on("H100", 7), "heads-undivided", "hardware.count"),
    Planted(R1, on("H200", 7), "heads-undivided", "hardware.count"),
    Planted(KIMI, on("B200", 6), "heads-undivided", "hardware.count"),
    # A vision tower is divided, too.
    Planted(
        Q35, on("H200", 8), "heads-undivided", "hardware.count",
        facts={"vision_config": {"num_heads": 12}},
    ),
    # Weights that the GPUs do not hold, with what drafts.
    Planted(AIR8, on("H100", 1), "does-not-fit", "hardware.gpu"),
    Planted(LLAMA, on("H100", 1), "does-not-fit", "hardware.gpu"),
    Planted(KIMI, on("H100", 8), "does-not-fit", "hardware.gpu"),
    Planted(Q235, on("H100", 2), "does-not-fit", "hardware.gpu"),
    Planted(
        AIR8, on("H100", 2, memory={"mem_fraction_static": 0.6}, speculative=EAGLE),
        "does-not-fit", "memory.mem_fraction_static",
    ),
    # Experts.
    Planted(AIR, on("H100", 6, parallel={"ep": 6}), "experts-undivided", "parallel.ep"),
    Planted(
        R1, on("H200", 8, parallel={"ep": 8}, moe={"redundant_experts": 3}),
        "experts-undivided", "moe.redundant_experts",
    ),
    Planted(
        AIR, on("H100", 8, parallel={"ep": 8}, moe={"redundant_experts": 1}),
        "experts-undivided", "moe.redundant_experts",
    ),
    # Drafts against what the checkpoint brings.
    Planted(Q8, on("H100", 1, speculative=EAGLE3), "draft-not-there", "speculative.algorithm"),
    Planted(Q8, on("H100", 1, speculative=EAGLE), "draft-not-there", "speculative.algorithm"),
    Planted(Q8, on("H100", 1, speculative=NEXTN), "draft-not-there", "speculative.algorithm"),
    Planted(LLAMA, on("H100", 4, speculative=NEXTN), "draft-not-there", "speculative.algorithm"),
    Planted(OSS, on("H100", 2, speculative=EAGLE), "draft-not-there", "speculative.algorithm"),
    Planted(OSS, on("H100", 2, speculative=EAGLE3), "draft-not-there", "speculative.algorithm"),
    Planted(MINIMAX, on("H100", 4, speculative=EAGLE), "draft-not-there", "speculative.algorithm"),
    Planted(KIMI, on("B200", 8, speculative=EAGLE), "draft-not-there", "speculative.algorithm"),
    Planted(R1, on("H200", 8, speculative=EAGLE3), "draft-not-there", "speculative.algorithm"),
    Planted(
        LLAMA, on("H100", 4, speculative={**EAGLE, "draft_model": DRAFT}),
        "draft-not-there", "speculative.draft_model", draft=EAGLE3_DRAFT,
    ),
    Planted(
        LLAMA, on("H100", 4, speculative={**EAGLE3, "draft_model": DRAFT}),
        "draft-not-there", "speculative.draft_model", draft=EAGLE_DRAFT,
    ),
    # The release does not have the model yet.
    Planted(V4, on("H200", 8, "0.5.11"), "model-before-release", "engine.version"),
    Planted(
        V4, on("H200", 8, "0.5.10.post1"), "model-before-release", "engine.version",
        facts={"architectures": ["KimiK3ForConditionalGeneration"]},
    ),
    Planted(
        MINIMAX, on("H200", 4, "0.5.15"), "model-before-release", "engine.version",
        facts={"architectures": ["MiniMaxM3SparseForConditionalGeneration"]},
    ),
    # The context, as overrides stretch it.
    Planted(
        LLAMA, on("H100", 4, model={"context_length": 262144}),
        "context-beyond-model", "model.context_length",
    ),
    Planted(
        Q8,
        on("H100", 1, model={"context_length": 131072}, **args(json_model_override_args=OVERRIDE)),
        "context-beyond-model", "model.context_length",
    ),
    # Attention of another kind, and weights of another method.
    Planted(
        LLAMA, on("H100", 4, kernels={"attention": "flashmla"}),
        "attention-of-another-kind", "kernels.attention",
    ),
    Planted(
        Q30, on("H100", 1, model={"quantization": "awq"}),
        "quantization-contradicts", "model.quantization",
    ),
    # Known bugs of these families.
    Planted(
        Q235, on("H200", 8, "0.5.20", parallel={"ep": 4}),
        "fusion-with-partial-experts", "kernels.allreduce_fusion",
    ),
    Planted(
        NEXT, on("H100", 4, "0.5.9", **args(**{k.replace("-", "_"): v for k, v in PAIR.items()})),
        "attention-pair-on-linear-layers", "engine.args.prefill-attention-backend",
    ),
    Planted(
        OSS, on("H100", 2, "0.5.12", kernels={"attention": "flashinfer"},
                speculative={**EAGLE3, "draft_model": DRAFT}),
        "eagle-over-windows-on-flashinfer", "kernels.attention", draft=EAGLE3_DRAFT,
    ),
    Planted(
        V4, on("H200", 8, "0.5.16", parallel={"dp": 4, "dp_attention": True}),
        "deepseek-v4-attention-groups", "parallel.dp",
    ),
    Planted(
        V4, on("H200", 8, "0.5.18", moe={"a2a": "deepep"}),
        "deepseek-v4-exchange-on-hopper", "moe.a2a",
    ),
    Planted(
        Q35, on("H100", 8, "0.5.13", speculative=NEXTN),
        "qwen35-mtp-0513", "speculative.algorithm",
    ),
)  # fmt: skip

BASE: Change = {
    "name": "planted",
    "target": "modal",
    "model": {"revision": "0" * 40, "served_name": "m"},
    "engine": {"image": f"registry.example/sglang@sha256:{'0' * 64}"},
    "schedule": {"max_running_requests": 32},
    "modal": {
        "app": "m",
        "auth": "both",
        "weights": {"volume": "w", "path": "/w"},
        "kernel_cache": {"volume": "k", "path": "/k"},
        "api_key_secret": "s",
        "hub_secret": "h",
    },
}


def named(one: Planted) -> str:
    return f"{one.check}-{one.repo.rpartition('/')[2]}"


def profile(repo: str, change: Change) -> Change:
    return changed(change, changed({"model": {"repo": unshipped(repo)}}, BASE))


@pytest.mark.parametrize("one", PLANTED, ids=[f"{n}-{named(one)}" for n, one in enumerate(PLANTED)])
def test_a_planted_mistake_is_caught(one: Planted) -> None:
    found = judged(profile(one.repo, one.change), known(one.repo, one.draft, **one.facts))

    assert (one.check, one.path) in {(each.check, each.path) for each in found}


def test_there_are_enough_of_them_on_enough_models() -> None:
    assert len(PLANTED) >= 40
    assert len({one.repo for one in PLANTED}) >= 12
    assert {find(unshipped(one.repo)) for one in PLANTED} == {None}


PINNED: Change = {"draft_model": DRAFT, "draft_revision": "0" * 40}
DP4: Change = {"dp": 4, "dp_attention": True}
EIGHT_EP: Change = {"ep": 8}

PATIENT: Change = {
    "lifecycle": {"startup_timeout": 7200},
    "modal": {"scaledown_window": 3600},
}
"""What 600 GiB and more need on Modal, read by pages."""

RIGHT = (
    (Q4, on("H100", 1)),
    (Q4, on("L40S", 1, "0.5.15")),
    (Q4, on("RTX-PRO-6000", 1)),
    (Q4, on("H100", 4, "0.5.9")),
    (Q8, on("A100-80GB", 1)),
    (Q8, on("H100", 2, "0.5.12")),
    (Q8, on("L4", 2)),
    (Q8, on("H200", 1, memory={"mem_fraction_static": 0.85})),
    (Q8, on("H100", 1, model={"context_length": 65536}, **args(json_model_override_args=OVERRIDE))),
    (Q8, on("H100", 1, speculative={**EAGLE3, **PINNED})),
    (Q30, on("H100", 2)),
    (Q30, on("H100", 1, "0.5.13")),
    (Q30, on("H200", 8, parallel=EIGHT_EP)),
    (Q30, on("B200", 1)),
    (Q235, on("H200", 4)),
    (Q235, on("H200", 8, parallel=EIGHT_EP)),
    (Q235, on("B200", 4)),
    (Q235, on("H100", 4, "0.5.17", memory={"mem_fraction_static": 0.9})),
    (LLAMA, on("H100", 4)),
    (LLAMA, on("H200", 2)),
    (LLAMA, on("A100-80GB", 4, "0.5.11")),
    (LLAMA, on("B200", 2)),
    (LLAMA, on("H100", 4, speculative={**EAGLE3, **PINNED})),
    (LLAMA, on("H100", 8, parallel={"tp": 4, "dp": 2})),
    (LLAMA, on("H100", 8, parallel={"tp": 4, "pp": 2})),
    (MISTRAL, on("H100", 1)),
    (MISTRAL, on("L40S", 2)),
    (MISTRAL, on("H200", 1, "0.5.10.post1")),
    (MINIMAX, on("H100", 4, model={"context_length": 65536})),
    (MINIMAX, on("H200", 8, parallel=EIGHT_EP)),
    (AIR, on("H200", 4, speculative=EAGLE)),
    (AIR, on("H100", 4)),
    (AIR8, on("H100", 4, "0.5.10.post1")),
    (AIR8, on("H100", 2)),
    (R1, on("H200", 8)),
    (R1, on("H200", 8, speculative=EAGLE)),
    (R1, on("B200", 8)),
    (KIMI, on("B200", 8)),
    (
        KIMI,
        on("H200", 8, "0.5.17", memory={"mem_fraction_static": 0.93},
           model={"context_length": 65536}),
    ),
    (NEXT, on("H100", 4)),
    (NEXT, on("H100", 4, speculative=NEXTN)),
    (NEXT, on("H200", 2, "0.5.20")),
    (OSS, on("H100", 2)),
    (OSS, on("B200", 1, "0.5.19")),
    (V4, on("H200", 8)),
    (V4, on("H200", 4)),
    (V4, on("H200", 8, "0.5.20", parallel=DP4)),
    (V4, on("B200", 4)),
)  # fmt: skip


PARSERS = {
    Q4: "qwen3", MINIMAX: "minimax", AIR: "glm45", AIR8: "glm45", R1: "deepseek-r1",
    OSS: "gpt-oss",
}  # fmt: skip
"""Models that think aloud, and what takes their thinking out of the answer."""


@pytest.mark.parametrize(("repo", "change"), RIGHT)
def test_nothing_is_told_where_nothing_is_wrong(repo: str, change: Change) -> None:
    thinks = {"serving": {"reasoning_parser": PARSERS[repo]}} if repo in PARSERS else {}
    waits = PATIENT if repo in {R1, KIMI} else {}
    found = judged(
        profile(repo, changed(waits, changed(thinks, change))), known(repo, EAGLE3_DRAFT)
    )

    wrong = [one for one in found if one.severity is not Severity.NOTE]
    assert [(one.check, one.path, one.message) for one in wrong] == []


def test_there_are_enough_that_are_right() -> None:
    assert len(RIGHT) >= 40
    assert {repo for repo, _ in RIGHT} == set(CONFIGS) - {Q35}, (
        "of which the list of layers that are not quantized is not known"
    )


def test_every_configuration_is_used() -> None:
    assert {one.repo for one in PLANTED} == set(CONFIGS)
