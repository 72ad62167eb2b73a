"""Flags of other engines that people bring along, and what SGLang calls the same thing.

Only names that no SGLang release knows. Sources: vLLM ``vllm/engine/arg_utils.py`` and
``vllm/entrypoints/openai/cli_args.py``; llama.cpp ``common/arg.cpp``; TensorRT-LLM
``tensorrt_llm/commands/serve.py``. Values stand in :mod:`deployer.facts.foreign_values`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Foreign:
    """A flag of another engine: whose it is, and what to write for SGLang instead.

    ``flag`` is the option that says it, empty where none does; ``same`` where its values mean the
    same there, so that they may be taken over. ``why`` says what is not the same, or why nothing
    is needed (``needless``: without the flag, SGLang does what it asks for).
    """

    engine: str
    flag: str = ""
    why: str = ""
    same: bool = False
    needless: bool = False


VLLM = "vLLM"
LLAMA = "llama.cpp"
TRT = "TensorRT-LLM"


def _same(engine: str, flag: str) -> Foreign:
    return Foreign(engine, flag, same=True)


def _needless(engine: str, why: str) -> Foreign:
    return Foreign(engine, why=why, needless=True)


_WHOLE = "it counts all of the GPU's memory, this one the weights and the KV pool"
_BATCHED = (
    "it counts the tokens of one prefill batch; what a step computes at most is "
    "`--chunked-prefill-size`"
)
_SPECULATION = "its JSON is several flags here (`--speculative-...`)"

FOREIGN: dict[str, Foreign] = {
    "--enable-auto-tool-choice": _needless(VLLM, "`--tool-call-parser` alone turns tools on"),
    "--enable-reasoning": _needless(VLLM, "`--reasoning-parser` alone turns reasoning on"),
    "--gpu-memory-utilization": Foreign(VLLM, "--mem-fraction-static", _WHOLE),
    "--max-model-len": _same(VLLM, "--context-length"),
    "--max-num-seqs": Foreign(
        VLLM, "--max-running-requests", "it counts the requests of all data-parallel ranks together"
    ),
    "--max-num-batched-tokens": Foreign(VLLM, "--max-prefill-tokens", _BATCHED),
    "--enforce-eager": _same(VLLM, "--disable-cuda-graph"),
    "--enable-prefix-caching": _needless(VLLM, "the radix cache is on by default"),
    "--no-enable-prefix-caching": _same(VLLM, "--disable-radix-cache"),
    "--enable-chunked-prefill": _needless(VLLM, "prefill is chunked by default"),
    "--enable-expert-parallel": Foreign(
        VLLM, "--ep-size", "experts are divided over so many GPUs: the tensor-parallel size"
    ),
    "--async-scheduling": _needless(VLLM, "the scheduler overlaps by default"),
    "--distributed-executor-backend": _needless(VLLM, "SGLang starts its ranks by itself"),
    "--speculative-config": Foreign(VLLM, "--speculative-algorithm", _SPECULATION),
    "--speculative-model": _same(VLLM, "--speculative-draft-model-path"),
    "--block-size": Foreign(VLLM, "--page-size", "which sizes there are depends on the kernels"),
    "--kv-cache-memory-bytes": Foreign(
        VLLM, "--mem-fraction-static", "memory is given as a fraction"
    ),
    "--swap-space": Foreign(
        VLLM, "--enable-hierarchical-cache", "it keeps prefixes in host memory, not requests"
    ),
    "--disable-log-requests": _needless(VLLM, "requests are not logged by default"),
    "--enable-log-requests": _same(VLLM, "--log-requests"),
    "--uvicorn-log-level": _same(VLLM, "--log-level-http"),
    "--tokenizer": _same(VLLM, "--tokenizer-path"),
    "--hf-overrides": _same(VLLM, "--json-model-override-args"),
    "--guided-decoding-backend": Foreign(
        VLLM, "--grammar-backend", "the backends have other names"
    ),
    "--lora-modules": _same(VLLM, "--lora-paths"),
    "--max-loras": _same(VLLM, "--max-loras-per-batch"),
    "--limit-mm-per-prompt": Foreign(VLLM, "--limit-mm-data-per-request", "its value is JSON"),
    "--scheduling-policy": _same(VLLM, "--schedule-policy"),
    "--all2all-backend": Foreign(VLLM, "--moe-a2a-backend", "the backends have other names"),
    "--enable-sleep-mode": Foreign(
        VLLM, "--enable-memory-saver", "memory is given back by routes of other names"
    ),
    "--num-gpu-blocks-override": Foreign(
        VLLM, "--max-total-tokens", "it counts tokens, not blocks"
    ),
    "--num-redundant-experts": _same(VLLM, "--ep-num-redundant-experts"),
    "--mamba-ssm-cache-dtype": _same(VLLM, "--mamba-ssm-dtype"),
    "--enable-dbo": Foreign(
        VLLM, "--enable-two-batch-overlap", "it halves batches by rules of its own"
    ),
    "--n-gpu-layers": _needless(LLAMA, "the whole model is on the GPUs"),
    "--ctx-size": _same(LLAMA, "--context-length"),
    "--tp_size": _same(TRT, "--tp-size"),
    "--max_batch_size": Foreign(
        TRT, "--max-running-requests", "it counts the requests of all data-parallel ranks together"
    ),
    "--max_seq_len": _same(TRT, "--context-length"),
    "--max_num_tokens": Foreign(TRT, "--max-prefill-tokens", _BATCHED),
    "--kv_cache_free_gpu_memory_fraction": Foreign(
        TRT, "--mem-fraction-static", "it counts what the weights leave free"
    ),
}

DIFFUSION: frozenset[str] = frozenset(
    {
        "--attention-backend-config", "--cache-dit-config", "--disable-autocast",
        "--dit-cpu-offload", "--dit-layerwise-offload", "--dit-offload-prefetch-size",
        "--enable-cfg-parallel", "--hsdp-replicate-dim", "--hsdp-shard-dim",
        "--image-encoder-cpu-offload", "--lora-nickname", "--lora-scale",
        "--mask-strategy-file-path", "--num-gpus", "--pin-cpu-memory", "--prompt-file-path",
        "--ring-degree", "--scheduler-port", "--sp-degree", "--text-encoder-cpu-offload",
        "--ulysses-degree", "--use-fsdp-inference", "--vae-cpu-offload",
        "--warmup-resolutions", "--webui", "--webui-port",
    }
)  # fmt: skip
"""Flags of SGLang's other server, which `sglang serve` starts for a model of images or videos, and
of none of its language models' (``multimodal_gen/runtime/server_args`` of 0.5.9 to 0.5.23)."""

VLLM_SAME: dict[str, str] = {
    "--model": "--model-path",
    "--tensor-parallel-size": "--tp-size",
    "--pipeline-parallel-size": "--pp-size",
    "--data-parallel-size": "--dp-size",
    "--nnodes": "--nnodes",
    "--node-rank": "--node-rank",
    "--served-model-name": "--served-model-name",
    "--host": "--host",
    "--port": "--port",
    "--api-key": "--api-key",
    "--trust-remote-code": "--trust-remote-code",
    "--dtype": "--dtype",
    "--quantization": "--quantization",
    "--revision": "--revision",
    "--load-format": "--load-format",
    "--download-dir": "--download-dir",
    "--kv-cache-dtype": "--kv-cache-dtype",
    "--seed": "--random-seed",
    "--chat-template": "--chat-template",
    "--reasoning-parser": "--reasoning-parser",
    "--tool-call-parser": "--tool-call-parser",
    "--attention-backend": "--attention-backend",
    "--stream-interval": "--stream-interval",
    "--root-path": "--fastapi-root-path",
    "--enable-lora": "--enable-lora",
    "--max-lora-rank": "--max-lora-rank",
    "--ssl-keyfile": "--ssl-keyfile",
    "--ssl-certfile": "--ssl-certfile",
    "--cpu-offload-gb": "--cpu-offload-gb",
    "--default-chat-template-kwargs": "--default-chat-template-kwargs",
    "--otlp-traces-endpoint": "--otlp-traces-endpoint",
    "--model-impl": "--model-impl",
    "--enable-eplb": "--enable-eplb",
}
"""Flags of vLLM that mean the same in SGLang under the same or another name, and whose values do
but for those of :mod:`deployer.facts.foreign_values` (vLLM ``engine/arg_utils.py`` and
``entrypoints/openai/cli_args.py`` beside SGLang 0.5.23 ``srt/server_args.py``)."""

VLLM_SHORT: dict[str, str] = {
    "-tp": "--tensor-parallel-size",
    "-pp": "--pipeline-parallel-size",
    "-dp": "--data-parallel-size",
    "-q": "--quantization",
    "-n": "--nnodes",
    "-r": "--node-rank",
    "-ep": "--enable-expert-parallel",
    "-dpn": "--data-parallel-rank",
    "-dpr": "--data-parallel-start-rank",
    "-dpl": "--data-parallel-size-local",
    "-dpa": "--data-parallel-address",
    "-dpp": "--data-parallel-rpc-port",
    "-dpb": "--data-parallel-backend",
}
"""vLLM's short names (``engine/arg_utils.py``)."""

_TUNING = "it tunes vLLM's own way of running a batch"
_KERNELS = "SGLang chooses its own kernels for the hardware"
_LOGS = "it is about vLLM's own logs"
_VISION = "it is about vLLM's own preparation of images"
VLLM_NEEDLESS: dict[str, str] = {
    "--compilation-config": _TUNING,
    "-O": _TUNING,
    "-O0": _TUNING,
    "-O1": _TUNING,
    "-O2": _TUNING,
    "-O3": _TUNING,
    "-cc": _TUNING,
    "--optimization-level": _TUNING,
    "--performance-mode": _TUNING,
    "--disable-cascade-attn": _TUNING,
    "--num-lookahead-slots": _TUNING,
    "--fully-sharded-loras": _TUNING,
    "--data-parallel-backend": "SGLang starts its ranks by itself",
    "--use-tqdm-on-load": _LOGS,
    "--log-error-stack": _LOGS,
    "--show-hidden-metrics-for-version": _LOGS,
    "--disable-access-log-for-endpoints": _LOGS,
    "--disable-chunked-mm-input": _VISION,
    "--max-cudagraph-capture-size": _TUNING,
    "--cudagraph-capture-sizes": _TUNING,
    "--cuda-graph-sizes": _TUNING,
    "--max-seq-len-to-capture": _TUNING,
    "--num-scheduler-steps": _TUNING,
    "--multi-step-stream-outputs": _TUNING,
    "--use-v2-block-manager": _TUNING,
    "--preemption-mode": _TUNING,
    "--scheduler-delay-factor": _TUNING,
    "--max-parallel-loading-workers": _TUNING,
    "--disable-custom-all-reduce": _TUNING,
    "--no-async-scheduling": _TUNING,
    "--max-num-partial-prefills": _TUNING,
    "--max-long-partial-prefills": _TUNING,
    "--long-prefill-token-threshold": _TUNING,
    "--numa-bind": _TUNING,
    "--api-server-count": _TUNING,
    "--moe-backend": _KERNELS,
    "--attention-config": _KERNELS,
    "--kernel-config": _KERNELS,
    "--enable-flashinfer-autotune": _KERNELS,
    "--disable-hybrid-kv-cache-manager": _TUNING,
    "--prefix-caching-hash-algo": "the radix cache compares tokens",
    "--max-cpu-loras": "adapters stay in host memory",
    "--disable-log-stats": _LOGS,
    "--max-log-len": _LOGS,
    "--disable-uvicorn-access-log": _LOGS,
    "--no-enable-log-requests": "requests are not logged by default",
    "--disable-frontend-multiprocessing": "the HTTP server runs beside the scheduler anyway",
    "--disable-fastapi-docs": "the door shows no such pages",
    "--worker-use-ray": "SGLang starts its ranks by itself",
    "--engine-use-ray": "SGLang starts its ranks by itself",
    "--distributed-executor-backend": "SGLang starts its ranks by itself",
    "--device": "the GPU is the default",
    "--tokenizer-mode": "the tokenizer follows from the model",
    "--config-format": "it follows from the checkpoint",
    "--chat-template-content-format": "it follows from the chat template",
    "--response-role": "answers are the assistant's",
    "--enable-prompt-tokens-details": "usage is told with `enable-cache-report`",
    "--enable-server-load-tracking": "the load is a metric",
    "--mm-encoder-tp-mode": _VISION,
    "--mm-processor-cache-gb": _VISION,
    "--mm-processor-cache-type": _VISION,
    "--disable-mm-preprocessor-cache": _VISION,
    "--skip-mm-profiling": _VISION,
    "--language-model-only": "a request without images costs none",
    "--safetensors-load-strategy": "`loading` says how weights are read",
    "--model-loader-extra-config": "`loading` says how weights are read",
    "--calculate-kv-scales": "scales come from the checkpoint",
    "--structured-outputs-config": "`grammar-backend` chooses",
    "--generation-config": "the checkpoint's own is taken by default",
    "--profiler-config": "profiles are taken by the engine's own routes",
    "--usage-context": "it is about vLLM's own statistics",
    "--no-enable-chunked-prefill": "`chunked-prefill-size: -1` turns it off",
    "--guided-decoding-disable-any-whitespace": "grammars have their own rules for blanks",
}
"""Flags of vLLM that SGLang has nothing for, and needs nothing for."""

VLLM_RANKS: frozenset[str] = frozenset(
    {
        "--data-parallel-size-local",
        "--data-parallel-address",
        "--data-parallel-rpc-port",
        "--data-parallel-rank",
        "--data-parallel-start-rank",
        "--data-parallel-hybrid-lb",
        "--data-parallel-external-lb",
        "--headless",
        "--master-addr",
        "--master-port",
    }
)
"""Flags of vLLM by which the machines of one server find each other (``engine/arg_utils.py``)."""

VLLM_SWITCHES: frozenset[str] = frozenset(
    {
        "--trust-remote-code",
        "--enable-auto-tool-choice",
        "--enable-reasoning",
        "--enforce-eager",
        "--enable-prefix-caching",
        "--enable-chunked-prefill",
        "--enable-expert-parallel",
        "--async-scheduling",
        "--disable-log-requests",
        "--enable-log-requests",
        "--enable-lora",
        "--disable-log-stats",
        "--disable-uvicorn-access-log",
        "--disable-frontend-multiprocessing",
        "--disable-fastapi-docs",
        "--worker-use-ray",
        "--engine-use-ray",
        "--enable-dbo",
        "--use-v2-block-manager",
        "--multi-step-stream-outputs",
        "--disable-custom-all-reduce",
        "--language-model-only",
        "--skip-mm-profiling",
        "--disable-mm-preprocessor-cache",
        "--enable-prompt-tokens-details",
        "--enable-server-load-tracking",
        "--numa-bind",
        "--calculate-kv-scales",
        "--enable-sleep-mode",
        "--headless",
        "--disable-sliding-window",
        "--enable-prompt-embeds",
        "--data-parallel-hybrid-lb",
        "--data-parallel-external-lb",
        "--enable-eplb",
        "--enable-request-id-headers",
        "--enable-ssl-refresh",
        "--allow-credentials",
        "--skip-tokenizer-init",
        "--disable-hybrid-kv-cache-manager",
        "--return-tokens-as-token-ids",
        "--guided-decoding-disable-any-whitespace",
        "--enable-mfu-metrics",
        "--trust-request-chat-template",
        "--enable-force-include-usage",
        "--allow-deprecated-quantization",
        "-O0",
        "-O1",
        "-O2",
        "-O3",
        "--kv-sharing-fast-prefill",
        "--enable-offline-docs",
        "--disable-nccl-for-dp-synchronization",
        "--enable-layerwise-nvtx-tracing",
        "--enable-elastic-ep",
        "--enable-mm-embeds",
        "--disable-cascade-attn",
        "--fully-sharded-loras",
        "--use-tqdm-on-load",
        "--log-error-stack",
        "--disable-chunked-mm-input",
    }
)
"""Flags of vLLM without a value (the same files, `BooleanOptionalAction` and `store_true`)."""
