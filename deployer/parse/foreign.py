"""Flags of other engines that people bring along, and what SGLang calls the same thing.

Only names that no SGLang release knows. Sources: vLLM ``vllm/engine/arg_utils.py`` and
``vllm/entrypoints/openai/cli_args.py``; llama.cpp ``common/arg.cpp``; TensorRT-LLM
``tensorrt_llm/commands/serve.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Foreign:
    """A flag of another engine: whose it is, and what to write for SGLang instead."""

    engine: str
    instead: str


VLLM = "vLLM"
FOREIGN: dict[str, Foreign] = {
    "--enable-auto-tool-choice": Foreign(VLLM, "`--tool-call-parser` alone turns tools on"),
    "--gpu-memory-utilization": Foreign(VLLM, "write `--mem-fraction-static`"),
    "--max-model-len": Foreign(VLLM, "write `--context-length`"),
    "--max-num-seqs": Foreign(VLLM, "write `--max-running-requests`"),
    "--max-num-batched-tokens": Foreign(VLLM, "write `--max-prefill-tokens`"),
    "--enforce-eager": Foreign(VLLM, "write `--disable-cuda-graph`, as the release spells it"),
    "--enable-prefix-caching": Foreign(VLLM, "leave it out: the radix cache is on by default"),
    "--no-enable-prefix-caching": Foreign(VLLM, "write `--disable-radix-cache`"),
    "--enable-chunked-prefill": Foreign(VLLM, "write `--chunked-prefill-size`"),
    "--enable-expert-parallel": Foreign(VLLM, "write `--ep-size`"),
    "--speculative-config": Foreign(VLLM, "write the `--speculative-...` flags"),
    "--block-size": Foreign(VLLM, "write `--page-size`"),
    "--kv-cache-memory-bytes": Foreign(VLLM, "write `--mem-fraction-static`"),
    "--swap-space": Foreign(VLLM, "write `--enable-hierarchical-cache`"),
    "--disable-log-requests": Foreign(VLLM, "leave it out: requests are not logged by default"),
    "--tokenizer": Foreign(VLLM, "write `--tokenizer-path`"),
    "--hf-overrides": Foreign(VLLM, "write `--json-model-override-args`"),
    "--guided-decoding-backend": Foreign(VLLM, "write `--grammar-backend`"),
    "--n-gpu-layers": Foreign("llama.cpp", "leave it out: the whole model is on the GPUs"),
    "--ctx-size": Foreign("llama.cpp", "write `--context-length`"),
    "--tp_size": Foreign("TensorRT-LLM", "write `--tp-size`"),
    "--max_batch_size": Foreign("TensorRT-LLM", "write `--max-running-requests`"),
    "--max_seq_len": Foreign("TensorRT-LLM", "write `--context-length`"),
    "--max_num_tokens": Foreign("TensorRT-LLM", "write `--max-prefill-tokens`"),
    "--kv_cache_free_gpu_memory_fraction": Foreign("TensorRT-LLM", "write `--mem-fraction-static`"),
}
