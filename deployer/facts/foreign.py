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
    "the tokens of one prefill batch; what a step computes at most is `--chunked-prefill-size`"
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
