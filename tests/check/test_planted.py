"""A profile with any one of these mistakes is caught: at its key, by the check that names it."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.facts.modal.keywords import HOME
from deployer.finding import Severity

from .sane import GLM, Change, changed, findings, wrong

DIGEST = f"@sha256:{'0' * 64}"
EAGLE = {"algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 1}

B200: Change = changed(
    {
        "hardware": {"gpu": "B200"},
        "kernels": {"decode": "trtllm", "prefill": "flashmla_sparse"},
        "moe": {"runner": "flashinfer_trtllm"},
        "speculative": EAGLE,
    }
)
LLAMA: Change = changed(
    {
        "model": {
            "repo": "meta-llama/Llama-3.1-8B-Instruct",
            "served_name": "llama",
            "trust_remote_code": None,
            "context_length": 32768,
        },
        "hardware": {"gpu": "L40S", "count": 1},
        "kernels": None,
        "memory": None,
        "serving": {"reasoning_parser": None, "tool_call_parser": "llama3"},
        "schedule": {"max_running_requests": 32},
    }
)
LOCAL: Change = changed(
    {
        "target": "local",
        "model": {"path": "/models/llama", "revision": None},
        "hardware": {"gpu": "none", "count": 0},
        "engine": {"version": "0.5.23", "image": None},
        "serving": {"host": "127.0.0.1"},
        "modal": None,
    },
    LLAMA,
)
BASES = {"glm": GLM, "b200": B200, "llama": LLAMA, "local": LOCAL}


def args(**values: Any) -> Change:
    return {"engine": {"args": {name.replace("_", "-"): value for name, value in values.items()}}}


def image(name: str) -> Change:
    return {"engine": {"image": name}}


PLANTED: list[tuple[str, Change, str, str]] = [
    # Money: containers, plans, idling.
    ("glm", {"modal": {"max_inputs": 20}}, "inputs-below-requests", "modal.max_inputs"),
    ("b200", {"modal": {"target_inputs": 4}}, "inputs-below-requests", "modal.target_inputs"),
    (
        "llama",
        {"modal": {"max_inputs": 500, "max_containers": 5}},
        "inputs-above-requests",
        "modal.max_inputs",
    ),
    ("llama", {"schedule": None}, "inputs-one-at-a-time", "modal"),
    ("glm", {"modal": {"max_containers": 20}}, "gpus-beyond-team-plan", "modal.max_containers"),
    ("glm", {"modal": {"min_containers": 2}}, "containers-min-above-max", "modal.min_containers"),
    ("glm", {"modal": {"target_inputs": 96}}, "containers-min-above-max", "modal.target_inputs"),
    (
        "glm",
        {"modal": {"scaledown_window": 60}},
        "scaledown-below-cold-start",
        "modal.scaledown_window",
    ),
    (
        "b200",
        {"modal": {"startup_timeout": 86400}},
        "startup-unbounded",
        "modal.startup_timeout",
    ),
    ("b200", {"modal": {"endpoint": "server"}}, "refused-while-starting", "modal.endpoint"),
    ("llama", {"serving": {"api_key_env": ...}}, "public-without-key", "serving.api_key_env"),
    # Starts that never end well.
    (
        "glm",
        {"lifecycle": {"startup_timeout": 120}},
        "startup-below-load",
        "lifecycle.startup_timeout",
    ),
    (
        "glm",
        {"lifecycle": {"startup_timeout": 600}},
        "startup-near-load",
        "lifecycle.startup_timeout",
    ),
    ("glm", {"modal": {"startup_timeout": 900}}, "startup-beyond-timeout", "modal.startup_timeout"),
    (
        "llama",
        {"lifecycle": {"health_timeout": 2}},
        "health-call-cut-short",
        "lifecycle.health_timeout",
    ),
    (
        "local",
        {"lifecycle": {"startup_timeout": 30, "health_timeout": 60}},
        "health-call-beyond-start",
        "lifecycle.health_timeout",
    ),
    (
        "glm",
        {"observability": {"watchdog_timeout": 30}},
        "watchdog-below-warmup",
        "observability.watchdog_timeout",
    ),
    (
        "llama",
        {"model": {"context_length": 4096}, "lifecycle": {"warmup_long_tokens": 4096}},
        "warmup-beyond-context",
        "lifecycle.warmup_long_tokens",
    ),
    (
        "llama",
        {"serving": {"tool_call_parser": None}, "lifecycle": {"warmup": ["tools"]}},
        "warmup-without-parser",
        "lifecycle.warmup",
    ),
    (
        "glm",
        {"lifecycle": {"drain_timeout": 300}},
        "drain-beyond-platform",
        "lifecycle.drain_timeout",
    ),
    # Places and names.
    ("glm", {"serving": {"host": "127.0.0.1"}}, "host-out-of-reach", "serving.host"),
    ("local", {"serving": {"host": "192.168.1.5"}}, "host-out-of-reach", "serving.host"),
    ("local", {"serving": {"port": 443}}, "port-privileged", "serving.port"),
    ("llama", args(nccl_port=8000), "port-taken-twice", "engine.args.nccl-port"),
    (
        "glm",
        {"modal": {"weights": {"path": f"{HOME}/.cache/huggingface"}}},
        "volume-on-image-path",
        "modal.weights.path",
    ),
    (
        "glm",
        {"modal": {"kernel_cache": {"path": "/tmp"}}},  # noqa: S108 - a mount path
        "volume-on-image-path",
        "modal.kernel_cache.path",
    ),
    (
        "llama",
        {"modal": {"kernel_cache": {"path": "/model-cache/kernels"}}},
        "volumes-overlap",
        "modal.kernel_cache.path",
    ),
    (
        "llama",
        {"modal": {"kernel_cache": {"volume": "weights"}}},
        "volumes-overlap",
        "modal.kernel_cache.volume",
    ),
    (
        "glm",
        {"engine": {"env": {"SGLANG_DG_CACHE_DIR": "/cache"}}},
        "cache-variable-contradicts",
        "engine.env.SGLANG_DG_CACHE_DIR",
    ),
    ("glm", {"model": {"path": "/weights/glm"}}, "weights-outside-volume", "model.path"),
    ("llama", {"model": {"served_name": "llama:8b"}}, "colon-in-served-name", "model.served_name"),
    ("local", {"model": {"path": None}}, "target-lacks-parts", "model"),
    ("llama", image("lmsysorg/sglang:v0.5.9"), "image-of-another-release", "engine.image"),
    ("llama", image("lmsysorg/sglang:dev-cu130"), "image-moves", "engine.image"),
    (
        "b200",
        image(f"lmsysorg/sglang:v0.5.10.post1-cu126{DIGEST}"),
        "cuda-below-gpu",
        "engine.image",
    ),
    ("glm", {"model": {"revision": "main"}}, "revision-unpinned", "model.revision"),
    ("llama", {"modal": {"hub_secret": None}}, "gated-without-token", "model.repo"),
    ("glm", {"modal": {"api_key_secret": None}}, "api-key-without-secret", "modal"),
    ("glm", {"model": {"load_format": "dummy"}}, "dummy-weights", "model.load_format"),
    (
        "llama",
        {"speculative": {**EAGLE, "algorithm": "EAGLE3", "draft_model": "/drafts/EAGLE3"}},
        "weights-outside-volume",
        "speculative.draft_model",
    ),
    (
        "llama",
        {"engine": {"env": {"HF_TOKEN": "hf_x"}}},
        "secret-in-profile",
        "engine.env.HF_TOKEN",
    ),
    # How the model is divided.
    ("glm", {"parallel": {"tp": 7}}, "gpus-unused", "parallel.tp"),
    ("llama", {"parallel": {"dp": 2}}, "gpus-beyond-replica", "parallel.dp"),
    ("glm", {"hardware": {"gpu": "A10"}}, "gpus-beyond-container", "hardware.count"),
    ("glm", {"parallel": {"ep": 3}}, "experts-undivided", "parallel.ep"),
    ("glm", {"hardware": {"count": 6}}, "heads-undivided", "hardware.count"),
    (
        "glm",
        {"model": {"repo": "Qwen/Qwen3-235B-A22B-FP8", "trust_remote_code": None}},
        "expert-blocks-undivided",
        "hardware.count",
    ),
    (
        "glm",
        {"parallel": {"ep": 2}, "moe": {"a2a": "deepep"}},
        "experts-overruled",
        "parallel.ep",
    ),
    (
        "glm",
        {"parallel": {"dp": 6, "dp_attention": True}},
        "attention-ranks-undivided",
        "parallel.dp",
    ),
    (
        "glm",
        {"parallel": {"dp_attention": True}},
        "attention-parallel-without-ranks",
        "parallel.dp_attention",
    ),
    ("b200", {"parallel": {"pp": 2}}, "speculation-with-pipeline", "parallel.pp"),
    # Kernels, cache, speculation.
    ("glm", {"kernels": {"decode": "trtllm"}}, "sm100-kernels-elsewhere", "kernels.decode"),
    ("glm", {"moe": {"runner": "flashinfer_trtllm"}}, "sm100-kernels-elsewhere", "moe.runner"),
    (
        "llama",
        {"kernels": {"attention": "trtllm_mha"}},
        "attention-kernels-elsewhere",
        "kernels.attention",
    ),
    ("b200", {"kernels": {"decode": "fa3"}}, "attention-kernels-elsewhere", "kernels.decode"),
    (
        "glm",
        {"kernels": {"fp8_gemm": "flashinfer_cutlass"}},
        "fp8-kernels-elsewhere",
        "kernels.fp8_gemm",
    ),
    (
        "local",
        {"kernels": {"attention": "aiter"}},
        "kernels-of-another-vendor",
        "kernels.attention",
    ),
    (
        "b200",
        {"memory": {"kv_cache_dtype": "fp8_e5m2"}},
        "kv-dtype-refused",
        "memory.kv_cache_dtype",
    ),
    ("b200", {"memory": {"kv_cache_dtype": "fp8_e4m3"}}, "fp8-kv-on-glm5", "memory.kv_cache_dtype"),
    (
        "llama",
        {"memory": {"hierarchical_cache": True, "radix_cache": False}},
        "caches-contradict",
        "memory.hierarchical_cache",
    ),
    (
        "b200",
        {"memory": {"hierarchical_cache": True}},
        "hicache-with-eagle",
        "memory.hierarchical_cache",
    ),
    (
        "glm",
        {"schedule": {"chunked_prefill_size": 5000}},
        "chunk-not-of-pages",
        "schedule.chunked_prefill_size",
    ),
    (
        "b200",
        {"speculative": {"num_draft_tokens": 3}},
        "draft-tokens-contradict",
        "speculative.num_draft_tokens",
    ),
    (
        "b200",
        {"speculative": {"eagle_topk": 2, "num_draft_tokens": 6}},
        "draft-branches-on-pages",
        "speculative.eagle_topk",
    ),
    (
        "b200",
        {"speculative": {"eagle_topk": None}},
        "speculation-half-stated",
        "speculative.num_steps",
    ),
    ("glm", {"model": {"context_length": 300000}}, "context-beyond-model", "model.context_length"),
    (
        "b200",
        {"memory": {"max_total_tokens": 65536}},
        "eagle-small-pool",
        "memory.max_total_tokens",
    ),
    # Memory.
    ("glm", {"memory": {"max_total_tokens": 65536}}, "pool-capped", "memory.max_total_tokens"),
    ("glm", {"hardware": {"gpu": "H100"}}, "does-not-fit", "hardware.gpu"),
    (
        "b200",
        {"memory": {"kv_cache_dtype": None}},
        "kv-dtype-not-what-it-seems",
        "memory.kv_cache_dtype",
    ),
    ("glm", {"memory": {"page_size": 1}}, "page-size-overruled", "memory.page_size"),
    ("glm", {"model": {"quantization": "gptq"}}, "quantization-contradicts", "model.quantization"),
    ("b200", {"kernels": {"cuda_graph": False}}, "cuda-graphs-off", "kernels.cuda_graph"),
    ("glm", {"modal": {"timeout": 120}}, "request-cut-short", "modal.timeout"),
    (
        "llama",
        {"lifecycle": {"drain_timeout": 0}},
        "requests-not-drained",
        "lifecycle.drain_timeout",
    ),
    ("glm", {"serving": {"reasoning_parser": None}}, "thinking-unparsed", "serving"),
    # Parsers and flags.
    (
        "glm",
        {"serving": {"tool_call_parser": "glm45"}},
        "parser-of-another-family",
        "serving.tool_call_parser",
    ),
    (
        "llama",
        {"serving": {"reasoning_parser": "qwen3"}},
        "parser-of-another-family",
        "serving.reasoning_parser",
    ),
    ("glm", args(enable_mixed=True), "abbreviated-flag", "engine.args.enable-mixed"),
    ("glm", args(tp_size=8), "args-repeat-a-field", "engine.args.tp-size"),
    (
        "llama",
        args(gpu_memory_utilization=0.9),
        "foreign-flag",
        "engine.args.gpu-memory-utilization",
    ),
    ("llama", args(enable_lorra=True), "unknown-flag", "engine.args.enable-lorra"),
    ("llama", args(attn_dp_size=1), "future-flag", "engine.args.attn-dp-size"),
    ("llama", args(dist_timeout="1h"), "wrong-type", "engine.args.dist-timeout"),
    (
        "glm",
        {"kernels": {"attention": "dsa"}, "engine": {"version": "0.5.12.post9"}},
        "unknown-release",
        "engine.version",
    ),
    ("glm", {"memory": {"kv_cache_dtype": "nvfp4"}}, "not-a-choice", "memory.kv_cache_dtype"),
    # What the schema takes no notice of in other tools.
    (
        "glm",
        {"memory": {"mem_fraction_static": 1.4}},
        "out-of-bounds",
        "memory.mem_fraction_static",
    ),
    (
        "glm",
        {"schedule": {"max_running_requests": 0}},
        "out-of-bounds",
        "schedule.max_running_requests",
    ),
    ("glm", {"hardware": {"count": 16}}, "out-of-bounds", "hardware.count"),
    ("glm", {"hardware": {"gpu": "B2OO"}}, "not-a-choice", "hardware.gpu"),
    ("glm", {"memory": {"mem_fraction": 0.8}}, "unknown-key", "memory.mem_fraction"),
    ("glm", {"modal": {"timeout": 100000}}, "out-of-bounds", "modal.timeout"),
]
FEWEST = 60


@pytest.mark.parametrize("name", BASES)
def test_without_a_mistake_nothing_is_found(name: str) -> None:
    assert wrong(BASES[name]) == []


@pytest.mark.parametrize(("base", "change", "name", "path"), PLANTED)
def test_a_planted_mistake_is_caught(base: str, change: Change, name: str, path: str) -> None:
    found = findings(changed(change, BASES[base]))

    assert (name, path) in {(f.check, f.path) for f in found if f.severity is not Severity.NOTE}


def test_the_list_is_as_long_as_it_is_said_to_be() -> None:
    assert len(PLANTED) >= FEWEST
    assert len({name for _, _, name, _ in PLANTED}) >= FEWEST
