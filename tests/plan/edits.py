"""Edits of a profile that somebody may make, each with the value before and after it."""

from __future__ import annotations

from typing import Any, NamedTuple

Path = tuple[str, ...]


class Edit(NamedTuple):
    """What is written at a key; ``None`` takes the key out."""

    path: Path
    value: Any


def edited(profile: dict[str, Any], *edits: Edit) -> dict[str, Any]:
    """Write the edits into a copy of a profile."""
    for edit in edits:
        profile = _written(profile, edit.path, edit.value)
    return profile


def _written(part: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    first, *rest = path
    found = dict(part)
    if rest:
        below = found.get(first)
        found[first] = _written(below if isinstance(below, dict) else {}, tuple(rest), value)
    elif value is None:
        found.pop(first, None)
    else:
        found[first] = value
    return found


def _edit(key: str, value: object) -> Edit:
    return Edit(tuple(key.split(".")), value)


OTHER_COMMIT = "0123456789abcdef0123456789abcdef01234567"

SINGLE: dict[str, tuple[Edit, str]] = {
    "steps of the draft": (_edit("speculative.num_steps", 4), "K"),
    "branches of the draft": (_edit("speculative.eagle_topk", 2), "K"),
    "no draft": (_edit("speculative", None), "K"),
    "KV dtype": (_edit("memory.kv_cache_dtype", "fp8_e4m3"), "K"),
    "page": (_edit("memory.page_size", 64), "K"),
    "chunk": (_edit("schedule.chunked_prefill_size", 8192), "K"),
    "tensor parallel": (_edit("parallel.tp", 4), "K"),
    "data-parallel attention": (_edit("parallel.dp_attention", value=True), "K"),
    "experts": (_edit("parallel.ep", 8), "K"),
    "runner": (_edit("moe.runner", "triton"), "K"),
    "exchange": (_edit("moe.a2a", "deepep"), "K"),
    "prefill": (_edit("kernels.prefill", "trtllm"), "K"),
    "decode": (_edit("kernels.decode", "flashmla_kv"), "K"),
    "attention": (_edit("kernels.attention", "triton"), "K"),
    "release": (_edit("engine.version", "0.5.23"), "K"),
    "image": (_edit("engine.image", "lmsysorg/sglang:v0.5.10.post1-cu129"), "K"),
    "GPU": (_edit("hardware.gpu", "B300"), "K"),
    "GPUs": (_edit("hardware.count", 4), "K"),
    "FP8 GEMM": (_edit("engine.args.fp8-gemm-backend", "triton"), "K"),
    "quantization": (_edit("engine.args.quantization", "fp8"), "K"),
    "DeepGEMM off": (_edit("engine.env.SGLANG_ENABLE_JIT_DEEPGEMM", "0"), ""),
    "volume of kernels": (_edit("modal.kernel_cache.volume", "others"), "K"),
    "commit": (_edit("model.revision", OTHER_COMMIT), "WK"),
    "repository": (_edit("model.repo", "zai-org/GLM-5-FP8"), "WK"),
    "volume of weights": (_edit("modal.weights.volume", "others"), "W"),
    "environment": (_edit("modal.environment", "staging"), "WK"),
    "fraction": (_edit("memory.mem_fraction_static", 0.8), ""),
    "requests": (_edit("schedule.max_running_requests", 16), ""),
    "context": (_edit("model.context_length", 65536), ""),
    "fusion": (_edit("kernels.allreduce_fusion", value=False), ""),
    "graphs": (_edit("engine.args.cuda-graph-max-bs", 16), ""),
    "containers": (_edit("modal.min_containers", 1), ""),
    "mount of kernels": (_edit("modal.kernel_cache.path", "/dg"), ""),
    "metrics": (_edit("observability.metrics", value=False), ""),
    "drain": (_edit("lifecycle.drain_timeout", 20), ""),
    "budget": (_edit("lifecycle.start_budget", 60), ""),
    "stage": (_edit("lifecycle.stage_budgets", {"weights": 300, "graphs": 60.5}), ""),
    "hang": (_edit("lifecycle.hang_timeout", 20), ""),
    "restarts": (_edit("lifecycle.restarts", 1), ""),
}
"""Single edits of `b200-fp8-eagle`, and what they make again: weights (W), kernels (K)."""

MORE = (
    _edit("name", "another"),
    _edit("modal.app", "another"),
    _edit("modal.max_containers", 1),
    _edit("modal.scaledown_window", 60),
    _edit("modal.regions", ["us-east"]),
    _edit("modal.weights.path", "/elsewhere"),
    _edit("modal.endpoint", "server"),
    _edit("hardware.gpu", "H200"),
    _edit("hardware.gpu", "H100"),
    _edit("hardware.gpu", "A100-80GB"),
    _edit("engine.version", "0.5.11"),
    _edit("engine.args.dtype", "float16"),
    _edit("engine.args.tokenizer-path", "/model-cache/x"),
    _edit("engine.env.HF_ENDPOINT", "https://example.org"),
    _edit("engine.env.SGLANG_JIT_DEEPGEMM_PRECOMPILE", "0"),
    _edit("engine.env.SGLANG_JIT_DEEPGEMM_COMPILE_WORKERS", "8"),
    _edit("model.repo", "Qwen/Qwen3-32B"),
    _edit("model.revision", "main"),
    _edit("model.served_name", "other"),
    _edit("serving.port", 9000),
    _edit("serving.routes", ["/generate"]),
    _edit("serving.cors_origins", ["https://chat.example.com"]),
    _edit("serving.body_limit", 16),
    _edit("lifecycle.warmup", ["chat"]),
    _edit("speculative.num_steps", 2),
    _edit("parallel.tp", 8),
    _edit("speculative.algorithm", "EAGLE3"),
    _edit("speculative.draft_model", "someone/a-draft"),
    _edit("kernels", None),
    _edit("memory", None),
    _edit("schedule", None),
    _edit("moe", None),
)
"""Other edits, for what several of them do together."""

EDITS = (*(edit for edit, _ in SINGLE.values()), *MORE)
