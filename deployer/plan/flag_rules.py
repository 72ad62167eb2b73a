"""What an engine flag can lead to, as data: each rule names flags and says why.

A flag that no rule names has the consequences of its namespace (``NAMESPACES``, the catalogue's
categories), and what can run code or reach outside those of :mod:`deployer.facts.sglang.powers`.
What makes weights or kernels be made again is in no table: :mod:`deployer.plan.again` compares.
Every flag is read when the engine starts, so each of them also means new containers;
that is not repeated here. Sources are SGLang 0.5.10.post1 and 0.5.23 unless another is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.plan.effects import Effect


@dataclass(frozen=True, slots=True)
class Rule:
    """One effect of some flags (spelt without dashes in front), and why."""

    effect: Effect
    reason: str
    flags: frozenset[str]


def _rule(effect: Effect, reason: str, flags: str) -> Rule:
    return Rule(effect, reason, frozenset(flags.split()))


RULES = (
    _rule(
        Effect.SECURITY,
        "prompts and answers are personal data, and are written where logs and dumps go",
        "log-requests log-requests-level log-requests-target log-requests-format log-level "
        "crash-dump-folder debug-tensor-dump-output-folder export-metrics-to-file "
        "export-metrics-to-file-dir enable-trace otlp-traces-endpoint",
    ),
    _rule(
        Effect.SECURITY,
        "`/metrics` and `/health` answer without the API key (`srt/utils/auth.py`)",
        "enable-metrics enable-metrics-for-all-schedulers enable-mfu-metrics",
    ),
    _rule(
        Effect.SECURITY,
        "it decides who reaches the server, and over what",
        "api-key admin-api-key ssl-keyfile-password enable-ssl-refresh",
    ),
    _rule(
        Effect.ACCURACY,
        "other files are loaded",
        "speculative-draft-model-path speculative-draft-model-revision revision download-dir "
        "tokenizer-path",
    ),
    _rule(
        Effect.ACCURACY,
        "a cache of fewer bits holds rounded keys and values: FP8 took GLM-5.1 from 95.3 to 76.7 "
        "on AIME (`sgl-project/sglang#22671`)",
        "kv-cache-dtype speculative-draft-kv-cache-dtype quantization-param-path",
    ),
    _rule(
        Effect.ACCURACY,
        "weights and activations are rounded otherwise",
        "quantization dtype fp4-gemm-backend enable-tf32-matmul enable-fp32-lm-head "
        "flashinfer-mxfp4-moe-precision deepep-dispatcher-output-dtype "
        "speculative-draft-model-quantization modelopt-quant",
    ),
    _rule(
        Effect.ACCURACY,
        "other kernels add up in another order",
        "moe-runner-backend moe-a2a-backend ep-dispatch-algorithm tp-size ep-size dp-size "
        "attn-dp-size enable-dp-attention fp8-gemm-backend bf16-gemm-backend attention-backend "
        "decode-attention-backend prefill-attention-backend dsa-prefill-backend "
        "dsa-decode-backend nsa-prefill-backend nsa-decode-backend",
    ),
    _rule(
        Effect.ACCURACY,
        "it decides how the next token is chosen",
        "sampling-defaults preferred-sampling-params random-seed "
        "speculative-accept-threshold-single speculative-accept-threshold-acc "
        "speculative-use-rejection-sampling json-model-override-args model-impl",
    ),
    _rule(
        Effect.CLIENTS,
        "clients send it as `model`, and `/v1/models` lists it",
        "served-model-name",
    ),
    _rule(
        Effect.CLIENTS,
        "it decides what stands in `content`, `reasoning_content` and `tool_calls`",
        "reasoning-parser tool-call-parser chat-template hf-chat-template-name completion-template "
        "default-chat-template-kwargs enable-strict-thinking strip-thinking-cache",
    ),
    _rule(
        Effect.CLIENTS,
        "a longer request is refused",
        "context-length allow-auto-truncate",
    ),
    _rule(
        Effect.CLIENTS,
        "requests beyond it wait or are refused with 503",
        "max-queued-requests max-running-requests abort-on-priority-when-disabled "
        "enable-priority-scheduling",
    ),
    _rule(
        Effect.CLIENTS,
        "requests without the key are refused",
        "api-key admin-api-key",
    ),
    _rule(
        Effect.CAPACITY,
        "it divides GPU memory between weights with KV pool and everything else",
        "mem-fraction-static",
    ),
    _rule(
        Effect.CAPACITY,
        "it decides the bytes that a token takes in the cache",
        "kv-cache-dtype speculative-draft-kv-cache-dtype",
    ),
    _rule(
        Effect.CAPACITY,
        "it caps the pool of all requests together",
        "max-total-tokens swa-full-tokens-ratio prefill-only-disable-kv-cache",
    ),
    _rule(
        Effect.CAPACITY,
        "the pool is handed out in whole pages",
        "page-size",
    ),
    _rule(
        Effect.CAPACITY,
        "activations of a chunk take memory outside the pool; where no fraction is stated, the "
        "engine makes the pool smaller for them",
        "chunked-prefill-size max-prefill-tokens",
    ),
    _rule(
        Effect.CAPACITY,
        "one request can take this much of the pool",
        "context-length",
    ),
    _rule(
        Effect.CAPACITY,
        "CUDA graphs take GPU memory outside the pool; where no fraction is stated, the engine "
        "makes the pool smaller for them",
        "cuda-graph-max-bs cuda-graph-bs cuda-graph-max-bs-decode cuda-graph-bs-decode "
        "cuda-graph-max-bs-prefill cuda-graph-bs-prefill disable-cuda-graph "
        "cuda-graph-backend-decode cuda-graph-backend-prefill cuda-graph-config "
        "max-running-requests",
    ),
    _rule(
        Effect.CAPACITY,
        "weights are divided over other GPUs, and leave another room for the pool",
        "tp-size pp-size ep-size dp-size attn-dp-size enable-dp-attention cpu-offload-gb "
        "quantization dtype moe-dense-tp-size ep-num-redundant-experts attn-cp-size dcp-size",
    ),
    _rule(
        Effect.CAPACITY,
        "the draft has weights and a cache of its own",
        "speculative-algorithm speculative-draft-model-path speculative-draft-model-quantization",
    ),
    _rule(
        Effect.CAPACITY,
        "prompts that share a beginning share its pages, or no longer do",
        "disable-radix-cache",
    ),
)
"""By importance of the effect; a flag can be in several."""

SPECULATIVE = frozenset(
    {"speculative-num-steps", "speculative-num-draft-tokens", "speculative-eagle-topk"}
)
"""The flags whose effect on memory depends on each other: :mod:`deployer.plan.speculation`."""

KERNELS_ROUND = (Effect.ACCURACY, "other kernels add up in another order")
NAMESPACES: dict[str, tuple[tuple[Effect, str], ...]] = {
    "exec.deterministic": (KERNELS_ROUND,),
    "exec.dllm": (KERNELS_ROUND,),
    "exec.graph": ((Effect.CAPACITY, "CUDA graphs take GPU memory outside the pool"),),
    "exec.kernel": (KERNELS_ROUND,),
    "exec.mamba": (
        KERNELS_ROUND,
        (Effect.CAPACITY, "states of linear attention share GPU memory with the pool"),
    ),
    "exec.offload": ((Effect.CAPACITY, "what lies in host memory leaves room on the GPU"),),
    "lora": (
        (Effect.CLIENTS, "adapters are asked for by name"),
        (Effect.CAPACITY, "adapters take GPU memory beside the pool"),
    ),
    "memory": ((Effect.CAPACITY, "it decides what is cached, and where"),),
    "mm": ((Effect.CLIENTS, "it concerns the images, sounds and videos that clients send"),),
    "serving": ((Effect.CLIENTS, "it is part of the HTTP surface"),),
}
"""What flags of a namespace lead to where no rule names them."""
