"""Checks of agreement between layers: where each speaks, and what near it leaves it silent."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.facts.modal.keywords import HOME

from .sane import Change, changed, findings, told, wrong

DIGEST = f"@sha256:{'0' * 64}"
LOCAL: Change = {
    "target": "local",
    "modal": None,
    "model": {"path": "/models/glm", "revision": None},
    "hardware": {"gpu": "none", "count": 0},
    "engine": {"version": "0.5.23", "image": None},
    "kernels": None,
}
EAGLE = {"algorithm": "EAGLE", "num_steps": 3, "eagle_topk": 1}


def image(tag: str) -> Change:
    return {"engine": {"image": f"lmsysorg/sglang:{tag}{DIGEST}"}}


def modal(**values: Any) -> Change:
    return {"modal": values}


def volumes(weights: str, kernels: str) -> Change:
    return modal(weights={"path": weights}, kernel_cache={"path": kernels})


PREFILL: Change = {"engine": {"args": {"disaggregation-mode": "prefill"}}}
POOL: Change = {"engine": {"version": "0.5.12"}, "memory": {"max_total_tokens": 40_000}}


def parsers(repo: str, reasoning: str, tools: str = "qwen25") -> Change:
    return {
        "model": {"repo": repo},
        "serving": {"reasoning_parser": reasoning, "tool_call_parser": tools},
    }


FIRES: list[tuple[str, str, Change, str]] = [
    (
        "inputs-below-requests",
        "modal.max_inputs",
        modal(max_inputs=20),
        "$36 an hour) starts at 42 %",
    ),
    ("inputs-below-requests", "modal.target_inputs", modal(target_inputs=10), "21 % of the 48"),
    (
        "inputs-above-requests",
        "modal.max_inputs",
        modal(max_inputs=400, max_containers=3),
        "no other of the 3 containers starts",
    ),
    (
        "inputs-above-requests",
        "modal.max_inputs",
        {**modal(max_inputs=64), "schedule": {"max_queued_requests": 8}},
        "the engine refuses the others with 503",
    ),
    ("inputs-one-at-a-time", "modal", {"schedule": None}, "one request at a time"),
    ("gpus-beyond-starter-plan", "modal.max_containers", modal(max_containers=3), "24 at a time"),
    ("gpus-beyond-team-plan", "modal.max_containers", modal(max_containers=7), "56 at a time"),
    ("gpus-beyond-container", "hardware.count", {"hardware": {"gpu": "A10"}}, "at most 4"),
    (
        "gpus-beyond-replica",
        "parallel.tp",
        {"parallel": {"tp": 8, "dp": 2}},
        "tp 8 x dp 2 needs 16 GPUs",
    ),
    ("gpus-unused", "parallel.dp", {"parallel": {"dp": 3}}, "cannot be divided into 3 replicas"),
    (
        "startup-below-load",
        "lifecycle.startup_timeout",
        {"lifecycle": {"startup_timeout": 200}},
        "704 GiB, 252 s; as it is loaded, 890 to 2160 s",
    ),
    (
        "startup-near-load",
        "lifecycle.startup_timeout",
        {"lifecycle": {"startup_timeout": 1200}},
        "the start may take 1200 s",
    ),
    (
        "startup-unbounded",
        "modal.startup_timeout",
        modal(startup_timeout=86400),
        "24 hours, at $36 an hour",
    ),
    (
        "startup-unbounded",
        "lifecycle.startup_timeout",
        {"lifecycle": {"startup_timeout": 43200}},
        "12 hours",
    ),
    (
        "startup-unbounded",
        "lifecycle.warmup_timeout",
        {"lifecycle": {"warmup_timeout": 43200}},
        "12 hours",
    ),
    (
        "scaledown-below-cold-start",
        "modal.scaledown_window",
        modal(scaledown_window=120),
        "goes after 120 s",
    ),
    (
        "drain-beyond-platform",
        "lifecycle.drain_timeout",
        {**modal(endpoint="server"), "lifecycle": {"drain_timeout": 7200}},
        "more than the 3600 s",
    ),
    (
        "health-call-cut-short",
        "lifecycle.health_timeout",
        {"lifecycle": {"health_timeout": 5}},
        "given up after 5 s, and the engine may take 20 s",
    ),
    (
        "health-call-beyond-start",
        "lifecycle.health_timeout",
        {"lifecycle": {"startup_timeout": 300, "health_timeout": 300}},
        "not less than the 300 s",
    ),
    (
        "watchdog-below-warmup",
        "observability.watchdog_timeout",
        {"observability": {"watchdog_timeout": 60}},
        "after a batch of 60 s",
    ),
    (
        "watchdog-below-warmup",
        "lifecycle.warmup_timeout",
        {"lifecycle": {"warmup_timeout": 900}},
        "after a batch of 300 s, and a warm-up request may take 900 s",
    ),
    ("redirect-while-starting", "modal.app", {}, "answered 303 after 150 s"),
    (
        "redirect-while-starting",
        "modal.min_containers",
        modal(min_containers=0),
        "reading 704 GiB takes 890 to 2160 s",
    ),
    ("refused-while-starting", "modal.endpoint", modal(endpoint="server"), "is answered 503"),
    (
        "warmup-beyond-context",
        "lifecycle.warmup_long_tokens",
        {"model": {"context_length": 8192}, "lifecycle": {"warmup_long_tokens": 8192}},
        "the 8,192 of `model.context_length`",
    ),
    (
        "warmup-beyond-context",
        "lifecycle.warmup_long_tokens",
        {"memory": {"max_total_tokens": 4096}, "lifecycle": {"warmup_long_tokens": 8192}},
        "the 4,096 of `memory.max_total_tokens`",
    ),
    (
        "warmup-beyond-context",
        "lifecycle.warmup_long_tokens",
        {"lifecycle": {"warmup_long_tokens": 250000}},
        "the 202,752 of the model's context",
    ),
    (
        "warmup-beyond-context",
        "lifecycle.warmup",
        {"model": {"context_length": 256}, "lifecycle": {"warmup": ["long_context"]}},
        "about 16 tokens and its answer do not fit into the 256",
    ),
    (
        "nodes-beyond-container",
        "engine.args.nnodes",
        {"engine": {"args": {"nnodes": 4, "node-rank": 0}}},
        "one of 4 nodes and waits for 3 others",
    ),
    (
        "half-of-a-pair",
        "engine.args.disaggregation-mode",
        {"engine": {"args": {"disaggregation-mode": "prefill"}}},
        "this server prefills only",
    ),
    (
        "half-of-a-pair",
        "engine.args.disaggregation-mode",
        {"engine": {"args": {"disaggregation-mode": "decode"}}},
        "this server decodes only",
    ),
    (
        "half-of-a-pair",
        "engine.args.encoder-only",
        {"engine": {"args": {"encoder-only": True}}},
        "encodes pictures only",
    ),
    (
        "value-not-json",
        "engine.args.json-model-override-args",
        {"engine": {"args": {"json-model-override-args": "{rope_scaling: yarn}"}}},
        "takes a JSON object, and this is not JSON",
    ),
    (
        "value-not-json",
        "engine.args.model-loader-extra-config",
        {"engine": {"args": {"model-loader-extra-config": "[1]"}}},
        "this is JSON, and no object",
    ),
    (
        "value-not-json",
        "engine.args.hicache-storage-backend-extra-config",
        {"engine": {"args": {"hicache-storage-backend-extra-config": "{'a': 1}"}}},
        "takes a JSON object",
    ),
    (
        "gpus-beyond-replica",
        "parallel.tp",
        {"parallel": {"tp": 16}},
        "tp 16 needs 16 GPUs, and the replica has 8",
    ),
    (
        "gpus-beyond-replica",
        "parallel.pp",
        {"parallel": {"pp": 16}},
        "pp 16 needs 16 GPUs, and the replica has 8",
    ),
    (
        "port-taken-twice",
        "engine.args.nccl-port",
        {"engine": {"args": {"nccl-port": 8000}}},
        "port 8000",
    ),
    (
        "port-taken-twice",
        "engine.args.dist-init-addr",
        {"engine": {"args": {"dist-init-addr": "127.0.0.1:8000"}}},
        "port 8000",
    ),
    ("port-privileged", "serving.port", {**LOCAL, "serving": {"port": 80}}, "only root"),
    (
        "volume-on-image-path",
        "modal.weights.path",
        volumes(f"{HOME}/.cache/huggingface", "/dg-cache"),
        f"{HOME}/.cache/huggingface in the image is not empty",
    ),
    (
        "volume-on-image-path",
        "modal.weights.path",
        volumes("/root", "/dg-cache"),
        "Modal's client refuses it",
    ),
    (
        "volume-on-image-path",
        "modal.kernel_cache.path",
        volumes("/model-cache", "/usr/share/kernels"),
        "belongs to the system",
    ),
    (
        "volumes-overlap",
        "modal.kernel_cache.path",
        volumes("/cache", "/cache/kernels"),
        "lie one in the other",
    ),
    ("volumes-overlap", "modal.kernel_cache.path", volumes("/c", "/c"), "the weights, too"),
    (
        "page-size-overruled",
        "memory.page_size",
        {"memory": {"page_size": 16}},
        "take pages of 64 tokens, not 16",
    ),
    (
        "attention-of-another-kind",
        "kernels.attention",
        {"model": {"repo": "Qwen/Qwen3-32B"}, "kernels": {"attention": "flashmla"}},
        "which has plain heads",
    ),
    (
        "attention-of-another-kind",
        "kernels.attention",
        {"kernels": {"attention": "trtllm_mha"}},
        "which has latent attention",
    ),
    (
        "quantization-contradicts",
        "model.quantization",
        {"model": {"quantization": "awq"}},
        "is fp8, and this says awq",
    ),
    ("request-cut-short", "modal.timeout", modal(timeout=60), "after 60 s"),
    (
        "requests-not-drained",
        "lifecycle.drain_timeout",
        {"lifecycle": {"drain_timeout": 0}},
        "get 0 s",
    ),
    ("cuda-graphs-off", "kernels.cuda_graph", {"kernels": {"cuda_graph": False}}, "each token"),
    (
        "thinking-unparsed",
        "serving",
        {"serving": {"reasoning_parser": None}},
        "think aloud, and `reasoning_parser` is not set",
    ),
    (
        "thinking-unparsed",
        "serving",
        {"model": {"repo": "Qwen/Qwen3-32B"}, "serving": {"reasoning_parser": None}},
        "Qwen3 models think aloud",
    ),
    (
        "volumes-overlap",
        "modal.kernel_cache.volume",
        modal(kernel_cache={"volume": "weights"}),
        "Modal mounts a volume once",
    ),
    (
        "weights-outside-volume",
        "model.path",
        {"model": {"path": "/models/GLM-5.1-FP8"}},
        "not on the weights volume",
    ),
    (
        "weights-outside-volume",
        "speculative.draft_model",
        {"speculative": {**EAGLE, "algorithm": "EAGLE3", "draft_model": "/drafts/one"}},
        "/drafts/one is not on the weights volume",
    ),
    (
        "weights-outside-volume",
        "lora.adapters.sql",
        {"lora": {"adapters": {"sql": "/adapters/sql"}}},
        "/adapters/sql is not on the weights volume",
    ),
    (
        "folder-nobody-fills",
        "speculative.draft_model",
        {"speculative": {**EAGLE, "algorithm": "EAGLE3", "draft_model": "/model-cache/draft"}},
        "nothing is downloaded into /model-cache/draft",
    ),
    (
        "folder-nobody-fills",
        "lora.adapters.sql",
        {"lora": {"adapters": {"sql": "/model-cache/sql"}}},
        "nothing is downloaded into /model-cache/sql",
    ),
    (
        "revision-unpinned",
        "speculative.draft_model",
        {"speculative": {**EAGLE, "algorithm": "EAGLE3", "draft_model": "a/draft"}},
        "`main` of a/draft can move",
    ),
    (
        "revision-unpinned",
        "lora.adapters.sql",
        {"lora": {"adapters": {"sql": "a/sql@v1"}}},
        "`v1` of a/sql can move",
    ),
    (
        "gated-without-token",
        "speculative.draft_model",
        {
            "speculative": {**EAGLE, "algorithm": "EAGLE3", "draft_model": "meta-llama/draft"},
            **modal(hub_secret=None),
        },
        "meta-llama/draft is gated",
    ),
    (
        "repository-while-offline",
        "engine.args.lora-paths",
        {"engine": {"args": {"lora-paths": ["/w/one", "two=a/adapter"]}}},
        "two=a/adapter is not downloaded",
    ),
    (
        "repository-while-offline",
        "engine.args.tokenizer-path",
        {"engine": {"args": {"tokenizer-path": "a/tokenizer"}}},
        "a/tokenizer is not downloaded",
    ),
    (
        "gated-without-token",
        "model.repo",
        {"model": {"repo": "meta-llama/Llama-3.3-70B-Instruct"}, **modal(hub_secret=None)},
        "is gated",
    ),
    ("dummy-weights", "model.load_format", {"model": {"load_format": "dummy"}}, "noise"),
    ("revision-unpinned", "model.revision", {"model": {"revision": "main"}}, "`main` of zai-org"),
    ("revision-unpinned", "model.repo", {"model": {"revision": None}}, "`main` of zai-org"),
    ("revision-unpinned", "model.revision", {"model": {"revision": "f396cf8"}}, "`f396cf8`"),
    (
        "image-of-another-release",
        "engine.image",
        image("v0.5.9-cu130"),
        "of SGLang 0.5.9, and `engine.version` is 0.5.10.post1",
    ),
    (
        "image-moves",
        "engine.image",
        {"engine": {"image": "lmsysorg/sglang:latest"}},
        "the tag `latest` moves",
    ),
    (
        "image-without-digest",
        "engine.image",
        {"engine": {"image": "lmsysorg/sglang:v0.5.10.post1-cu130"}},
        "a tag can be moved",
    ),
    (
        "cuda-below-gpu",
        "engine.image",
        {"hardware": {"gpu": "B200"}, **image("v0.5.10.post1-cu126")},
        "has CUDA 12.6, and B200 needs 12.8 or later",
    ),
    (
        "cuda-below-gpu",
        "engine.image",
        {"hardware": {"gpu": "B300"}, **image("v0.5.10.post1-cu128")},
        "B300 needs 12.9 or later",
    ),
    (
        "metrics-in-the-open",
        "observability.metrics",
        {"observability": {"metrics": True}},
        "open to everyone",
    ),
    (
        "colon-in-served-name",
        "model.served_name",
        {"model": {"served_name": "glm:5.1"}},
        "`glm:5.1` has a colon",
    ),
    (
        "caches-contradict",
        "memory.hierarchical_cache",
        {"memory": {"hierarchical_cache": True, "radix_cache": False}},
        "`radix_cache` is false",
    ),
    (
        "chunk-not-of-pages",
        "schedule.chunked_prefill_size",
        {"schedule": {"chunked_prefill_size": 1000}},
        "1000 tokens are no multiple of the 64",
    ),
    (
        "chunk-not-of-pages",
        "schedule.chunked_prefill_size",
        {
            "schedule": {"chunked_prefill_size": 8000},
            "parallel": {"dp": 8, "dp_attention": True},
        },
        "1000 tokens on each of 8 ranks",
    ),
    (
        "speculation-half-stated",
        "speculative.eagle_topk",
        {"speculative": {"algorithm": "EAGLE", "eagle_topk": 1}},
        "without `num_steps` and `num_draft_tokens`",
    ),
    (
        "speculation-half-stated",
        "speculative.num_steps",
        {"speculative": {"algorithm": "NEXTN", "num_steps": 3}},
        "without `eagle_topk` and `num_draft_tokens`",
    ),
    (
        "speculation-with-pipeline",
        "parallel.pp",
        {"parallel": {"pp": 2}, "speculative": EAGLE},
        "2 pipeline stages",
    ),
    (
        "draft-branches-on-pages",
        "speculative.eagle_topk",
        {"speculative": {**EAGLE, "eagle_topk": 4, "num_draft_tokens": 8}},
        "the pages of 64 tokens that sparse attention has",
    ),
    ("experts-undivided", "parallel.ep", {"parallel": {"ep": 3}}, "into 3 groups of experts"),
    (
        "experts-undivided",
        "moe.redundant_experts",
        {"parallel": {"ep": 8}, "moe": {"redundant_experts": 30}},
        "286 experts cannot be divided into 8 equal groups",
    ),
    (
        "heads-undivided",
        "hardware.count",
        {"hardware": {"count": 7}},
        "the 64 heads of zai-org/GLM-5.1-FP8 cannot be divided over 7 GPUs",
    ),
    (
        "heads-undivided",
        "parallel.tp",
        {"model": {"repo": "Qwen/Qwen3-32B"}, "hardware": {"count": 6}, "parallel": {"tp": 6}},
        "64 heads and 8 key-value heads",
    ),
    (
        "expert-blocks-undivided",
        "hardware.count",
        {"model": {"repo": "Qwen/Qwen3-235B-A22B-FP8"}},
        "1536 wide: a slice on each of 8 GPUs",
    ),
    (
        "experts-overruled",
        "parallel.ep",
        {"parallel": {"ep": 4}, "moe": {"a2a": "deepep"}},
        "the engine takes 8, not 4",
    ),
    (
        "attention-ranks-undivided",
        "parallel.dp",
        {"parallel": {"dp": 3, "dp_attention": True}},
        "into 3 ranks",
    ),
    (
        "attention-parallel-without-ranks",
        "parallel.dp_attention",
        {"parallel": {"dp_attention": True}},
        "the engine turns it off",
    ),
    (
        "context-beyond-model",
        "model.context_length",
        {"model": {"context_length": 262144}},
        "more than the 202,752",
    ),
    (
        "attention-kernels-elsewhere",
        "kernels.attention",
        {"hardware": {"gpu": "B200"}, "kernels": {"attention": "fa3"}},
        "compute capability 10.0",
    ),
    (
        "attention-kernels-elsewhere",
        "kernels.attention",
        {"kernels": {"attention": "trtllm_mha"}},
        "compute capability 9.0",
    ),
    (
        "attention-kernels-elsewhere",
        "kernels.decode",
        {"hardware": {"gpu": "B200"}, "kernels": {"decode": "fa3"}},
        "does not run on B200",
    ),
    (
        "fp8-kernels-elsewhere",
        "kernels.fp8_gemm",
        {"kernels": {"fp8_gemm": "flashinfer_trtllm"}},
        "does not run on H200",
    ),
    (
        "fp8-kernels-elsewhere",
        "moe.runner",
        {"hardware": {"gpu": "A100-80GB"}, "moe": {"runner": "deep_gemm"}},
        "does not run on A100-80GB",
    ),
    (
        "kernels-of-another-vendor",
        "kernels.attention",
        {"kernels": {"attention": "aiter"}},
        "for AMD",
    ),
    (
        "kernels-of-another-vendor",
        "kernels.attention",
        {"kernels": {"attention": "intel_amx"}},
        "for CPUs with AMX",
    ),
    (
        "kv-dtype-refused",
        "memory.kv_cache_dtype",
        {"memory": {"kv_cache_dtype": "fp8_e5m2"}},
        "sparse attention takes no",
    ),
    (
        "kv-dtype-refused",
        "memory.kv_cache_dtype",
        {"hardware": {"gpu": "B200"}, "kernels": {"attention": "trtllm_mla"}},
        "`trtllm_mla` takes no KV cache of `bfloat16`",
    ),
    (
        "parser-of-another-family",
        "serving.tool_call_parser",
        {"serving": {"tool_call_parser": "glm45"}},
        "no tool-call parser of GLM-4.7 to GLM-5.2",
    ),
    (
        "parser-of-another-family",
        "serving.reasoning_parser",
        {
            "model": {"repo": "Qwen/Qwen2.5-72B-Instruct"},
            "serving": {"reasoning_parser": "qwen3", "tool_call_parser": "qwen25"},
        },
        "no reasoning parser of Qwen2.5",
    ),
]

SILENT: list[tuple[str, Change]] = [
    ("inputs-below-requests", modal(max_inputs=48)),
    ("inputs-below-requests", modal(target_inputs=40)),
    ("inputs-above-requests", modal(max_inputs=96, max_containers=3)),
    ("inputs-above-requests", modal(max_inputs=400, max_containers=1)),
    ("inputs-one-at-a-time", {"schedule": None, **modal(max_inputs=8)}),
    ("gpus-beyond-starter-plan", modal(max_containers=1)),
    ("gpus-beyond-starter-plan", modal(max_containers=7)),
    ("gpus-beyond-team-plan", modal(max_containers=6)),
    ("gpus-beyond-container", {"hardware": {"gpu": "A10", "count": 4}}),
    ("nodes-beyond-container", {"engine": {"args": {"nnodes": 1}}}),
    ("half-of-a-pair", {"engine": {"args": {"disaggregation-mode": "null"}}}),
    ("half-of-a-pair", {"engine": {"version": "0.5.23", "args": {"language-model-only": True}}}),
    ("value-not-json", {"engine": {"args": {"json-model-override-args": '{"a": {"b": 1}}'}}}),
    ("value-not-json", {"engine": {"args": {"hicache-storage-backend-extra-config": "@a.toml"}}}),
    ("value-not-json", {"engine": {"args": {"deepep-config": "/w/deepep.json"}}}),
    ("gpus-beyond-replica", {"parallel": {"tp": 4, "dp": 2}}),
    ("gpus-beyond-replica", {"parallel": {"tp": 16}, "engine": {"args": {"nnodes": 2}}}),
    ("gpus-unused", {"parallel": {"tp": 16}}),
    ("gpus-unused", {"parallel": {"tp": 8}, "engine": {"args": {"nnodes": 2}}}),
    ("warmup-beyond-context", {"model": {"context_length": 2200}}),
    ("warmup-beyond-context", {"model": {"context_length": 128}}),
    ("warmup-beyond-context", {"memory": {"max_total_tokens": 4096}}),
    ("cuda-graphs-off", {"kernels": {"cuda_graph": False}, **PREFILL}),
    ("small-pool-prefill", {**POOL, "schedule": {"chunked_prefill_size": 8192}}),
    (
        "small-pool-prefill",
        {
            **POOL,
            "schedule": {"chunked_prefill_size": 65536},
            "parallel": {"dp": 8, "dp_attention": True},
        },
    ),
    ("parser-of-another-family", parsers("Qwen/Qwen3-235B-A22B-Thinking-2507", "deepseek-r1")),
    ("parser-of-another-family", parsers("Qwen/Qwen3-Next-80B-A3B-Thinking", "deepseek-r1")),
    ("parser-of-another-family", parsers("Qwen/Qwen3-32B", "qwen3", "hermes")),
    ("parser-of-another-family", parsers("MiniMaxAI/MiniMax-M2", "qwen3-thinking", "minimax-m2")),
    ("gpus-unused", {"parallel": {"dp": 2}}),
    ("gpus-unused", {"parallel": {"tp": 4, "dp": 2}}),
    ("gpus-unused", {"parallel": {"tp": 8, "dp": 8, "dp_attention": True}}),
    ("startup-below-load", {"lifecycle": {"startup_timeout": 900}}),
    ("startup-below-load", {"model": {"repo": "a/b"}, "lifecycle": {"startup_timeout": 200}}),
    ("startup-near-load", {"lifecycle": {"startup_timeout": 2200}}),
    ("startup-near-load", {**LOCAL, "lifecycle": {"startup_timeout": 600}}),
    ("startup-unbounded", modal(timeout=86400)),
    ("startup-unbounded", {"lifecycle": {"startup_timeout": 10800}}),
    ("scaledown-below-cold-start", modal(scaledown_window=900)),
    ("scaledown-below-cold-start", {"model": {"repo": "a/b"}, **modal(scaledown_window=60)}),
    ("drain-beyond-platform", {**modal(endpoint="server"), "lifecycle": {"drain_timeout": 1800}}),
    (
        "health-call-cut-short",
        {
            "lifecycle": {"health_timeout": 12},
            "engine": {"env": {"SGLANG_HEALTH_CHECK_TIMEOUT": "10"}},
        },
    ),
    ("health-call-beyond-start", {"lifecycle": {"startup_timeout": 1800, "health_timeout": 300}}),
    ("watchdog-below-warmup", {"observability": {"watchdog_timeout": 300}}),
    ("warmup-beyond-context", {"model": {"context_length": 16384}}),
    (
        "warmup-beyond-context",
        {"model": {"context_length": 8192}, "lifecycle": {"warmup": ["chat"]}},
    ),
    ("port-taken-twice", {"engine": {"args": {"nccl-port": 8100, "nnodes": 8000}}}),
    ("port-privileged", {"serving": {"port": 80}}),
    ("volume-on-image-path", volumes("/opt/models", f"{HOME}/kernels")),
    ("volumes-overlap", volumes("/cache", "/cache-kernels")),
    ("weights-outside-volume", {"model": {"path": "/model-cache/mine"}}),
    ("weights-outside-volume", LOCAL),
    ("page-size-overruled", {"memory": {"page_size": 64}}),
    (
        "page-size-overruled",
        {"model": {"repo": "a/b"}, "kernels": None, "memory": {"page_size": 16}},
    ),
    (
        "attention-of-another-kind",
        {"model": {"repo": "Qwen/Qwen3-32B"}, "kernels": {"attention": "flashinfer"}},
    ),
    ("attention-of-another-kind", {"kernels": {"attention": "flashmla"}}),
    ("quantization-contradicts", {"model": {"quantization": "fp8"}}),
    ("quantization-contradicts", {"model": {"repo": "a/b-AWQ", "quantization": "awq"}}),
    ("request-cut-short", modal(timeout=600)),
    ("request-cut-short", modal(timeout=60, endpoint="server")),
    ("requests-not-drained", {"lifecycle": {"drain_timeout": 5}}),
    (
        "cuda-graphs-off",
        {"hardware": {"gpu": "none", "count": 0}, "kernels": {"cuda_graph": False}},
    ),
    ("thinking-unparsed", {"model": {"repo": "a/b"}, "serving": {"reasoning_parser": None}}),
    (
        "thinking-unparsed",
        {
            "model": {"repo": "Qwen/Qwen3-235B-A22B-Instruct-2507-FP8"},
            "serving": {"reasoning_parser": None},
        },
    ),
    ("repository-while-offline", {"speculative": {**EAGLE, "draft_model": "a/draft"}}),
    ("folder-nobody-fills", {"speculative": {**EAGLE, "draft_model": "a/draft"}}),
    ("folder-nobody-fills", {"lora": {"adapters": {"sql": "a/sql@v1"}}}),
    (
        "repository-while-offline",
        {"engine": {"env": {"HF_HUB_OFFLINE": "0"}, "args": {"lora-paths": "two=a/adapter"}}},
    ),
    ("repository-while-offline", {"engine": {"args": {"lora-paths": "one=/model-cache/one"}}}),
    ("gated-without-token", {"model": {"repo": "meta-llama/Llama-3.3-70B-Instruct"}}),
    ("dummy-weights", {"model": {"load_format": "auto"}}),
    ("revision-unpinned", LOCAL),
    ("image-of-another-release", {"engine": {"image": f"ghcr.io/me/sglang:v0.5.9{DIGEST}"}}),
    ("image-of-another-release", {"engine": {"image": f"lmsysorg/sglang{DIGEST}"}}),
    ("image-moves", image("latest")),
    ("image-moves", {"engine": {"image": "lmsysorg/sglang:nightly-dev-20260812-0123abcd"}}),
    ("redirect-while-starting", modal(min_containers=1)),
    ("redirect-while-starting", modal(endpoint="server")),
    ("redirect-while-starting", {"model": {"repo": "a/b"}}),
    ("refused-while-starting", modal(endpoint="server", min_containers=1)),
    ("refused-while-starting", {}),
    (
        "scaledown-below-cold-start",
        modal(scaledown_window=60, min_containers=1, max_containers=1),
    ),
    ("cuda-below-gpu", image("v0.5.10.post1-cu126")),
    ("cuda-below-gpu", {"hardware": {"gpu": "B200"}, **image("v0.5.10.post1")}),
    ("metrics-in-the-open", {**LOCAL, "observability": {"metrics": True}}),
    ("caches-contradict", {"memory": {"hierarchical_cache": True}}),
    ("chunk-not-of-pages", {"schedule": {"chunked_prefill_size": 8192}}),
    ("chunk-not-of-pages", {"schedule": {"chunked_prefill_size": -1}}),
    (
        "chunk-not-of-pages",
        {"kernels": None, "model": {"repo": "a/b"}, "schedule": {"chunked_prefill_size": 1000}},
    ),
    ("speculation-half-stated", {"speculative": {"algorithm": "EAGLE"}}),
    ("speculation-half-stated", {"speculative": EAGLE}),
    ("speculation-half-stated", {"speculative": {"algorithm": "NGRAM", "num_draft_tokens": 8}}),
    (
        "speculation-with-pipeline",
        {
            "parallel": {"pp": 2},
            "speculative": EAGLE,
            "engine": {"env": {"SGLANG_ENABLE_PP_SPEC": "1"}},
        },
    ),
    (
        "draft-branches-on-pages",
        {
            "model": {"repo": "a/b"},
            "kernels": {"attention": "fa3"},
            "memory": {"page_size": 16},
            "speculative": {**EAGLE, "eagle_topk": 4, "num_draft_tokens": 8},
        },
    ),
    ("experts-undivided", {"parallel": {"ep": 4}}),
    ("experts-undivided", {"parallel": {"ep": 8}, "moe": {"redundant_experts": 32}}),
    ("heads-undivided", {}),
    ("heads-undivided", {"model": {"repo": "a/b"}, "hardware": {"count": 7}}),
    ("heads-undivided", {"model": {"repo": "Qwen/Qwen3-32B"}, "hardware": {"count": 8}}),
    ("heads-undivided", {"parallel": {"dp": 8, "dp_attention": True}}),
    ("expert-blocks-undivided", {}),
    (
        "expert-blocks-undivided",
        {"model": {"repo": "Qwen/Qwen3-235B-A22B-FP8"}, "parallel": {"ep": 8}},
    ),
    (
        "expert-blocks-undivided",
        {"model": {"repo": "Qwen/Qwen3-235B-A22B-FP8"}, "moe": {"a2a": "deepep"}},
    ),
    (
        "expert-blocks-undivided",
        {"model": {"repo": "Qwen/Qwen3-235B-A22B-FP8"}, "hardware": {"count": 4}},
    ),
    ("experts-overruled", {"parallel": {"ep": 8}, "moe": {"a2a": "deepep"}}),
    ("attention-ranks-undivided", {"parallel": {"dp": 4, "dp_attention": True}}),
    ("attention-parallel-without-ranks", {"parallel": {"dp": 8, "dp_attention": True}}),
    ("context-beyond-model", {"model": {"context_length": 202752}}),
    (
        "attention-kernels-elsewhere",
        {"engine": {"version": "0.5.19"}, "kernels": {"attention": "trtllm_mha"}},
    ),
    ("attention-kernels-elsewhere", {"hardware": {"gpu": "L4"}, "kernels": {"attention": "fa3"}}),
    ("fp8-kernels-elsewhere", {"kernels": {"fp8_gemm": "deep_gemm"}}),
    ("kernels-of-another-vendor", {"kernels": {"attention": "flashinfer"}}),
    (
        "kernels-of-another-vendor",
        {**LOCAL, "hardware": {"gpu": "none", "count": 0}, "kernels": {"attention": "intel_amx"}},
    ),
    ("kv-dtype-refused", {"memory": {"kv_cache_dtype": "fp8_e4m3"}}),
    (
        "kv-dtype-refused",
        {"model": {"repo": "a/b"}, "kernels": None, "memory": {"kv_cache_dtype": "fp8_e5m2"}},
    ),
    (
        "parser-of-another-family",
        {"model": {"repo": "zai-org/GLM-5.3-Flash"}, "serving": {"tool_call_parser": "glm45"}},
    ),
    (
        "parser-of-another-family",
        {
            "model": {"repo": "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B"},
            "serving": {"tool_call_parser": "qwen25"},
        },
    ),
]


@pytest.mark.parametrize(("name", "path", "change", "message"), FIRES)
def test_it_fires_at_its_key_with_its_reason(
    name: str, path: str, change: Change, message: str
) -> None:
    found = [one for one in findings(changed(change)) if one.check == name]

    assert [one.path for one in found] == [path]
    assert message in found[0].message
    assert found[0].hint
    assert found[0].span is not None


@pytest.mark.parametrize(("name", "change"), SILENT)
def test_it_is_silent_about_what_is_right(name: str, change: Change) -> None:
    assert name not in {check for check, _ in told(changed(change))}


def test_nothing_is_wrong_with_what_the_rows_start_from() -> None:
    assert wrong(changed({})) == []
    assert wrong(changed(LOCAL)) == []


def test_every_check_with_a_row_has_one_for_its_silence() -> None:
    quiet = {name for name, _ in SILENT}
    always = {"image-without-digest", "colon-in-served-name"}  # told by the rows above alone

    assert {name for name, *_ in FIRES} - quiet <= always
