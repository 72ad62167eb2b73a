"""How many tokens the KV pool holds: an estimate from the shapes of model and GPU.

The formula is SGLang's (0.5.10.post1 ``model_executor/model_runner_kv_cache_mixin.py``, 0.5.23
``model_executor/pool_configurator.py``): of the memory that is free before loading, the fraction
``--mem-fraction-static`` holds weights and pool; what the weights leave, divided by the bytes of a
token, is the pool; ``--max-total-tokens`` caps it. Published pools that it was held against: about
297K tokens for BF16 on 8 H200 (this gives 296K), 464,256 for FP8 (this gives 482K).
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass

from deployer.facts.gpus import GPUS, Gpu
from deployer.facts.models import MODELS, Model
from deployer.parse.types import human_readable_int
from deployer.release import Release

GIB = 1024**3
DECODE_BACKENDS = ("--nsa-decode-backend", "--dsa-decode-backend")
"""The flag that chooses the kernels of sparse decoding, before and since 0.5.13."""

ELSEWHERE = (
    "--cpu-offload-gb", "--dcp-size", "--attn-cp-size", "--attn-dp-size", "--enable-dp-attention",
    "--enable-prefill-cp", "--quantization", "--speculative-draft-model-path", "--hisparse-config",
)  # fmt: skip
"""Flags with which weights or cache lie otherwise than this estimate knows."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The KV pool of one replica. ``gib`` is what it takes on each GPU."""

    tokens: int
    gib: float
    capped: bool


@dataclass(frozen=True, slots=True)
class NoEstimate:
    """Why there is no number."""

    reason: str


def estimate(release: Release) -> Pool | NoEstimate:
    """Estimate the pool of a release, or say why that cannot be done from what is known."""
    model, gpu = MODELS.get(release.model.repo), GPUS.get(release.hardware.gpu)
    if model is None:
        return NoEstimate(f"the memory of {release.model.repo} is not among the known facts")
    if gpu is None:
        return NoEstimate(f"the memory of GPU {release.hardware.gpu} is not among the known facts")
    flags = {argument.flag: " ".join(argument.values) for argument in release.arguments}
    for flag in ELSEWHERE:
        if flag in flags:
            return NoEstimate(f"the estimate does not cover {flag}")
    try:
        return _pool(model, gpu, flags)
    except (ValueError, ArgumentTypeError):
        return NoEstimate("a value that decides it is no number")


def _pool(model: Model, gpu: Gpu, flags: dict[str, str]) -> Pool | NoEstimate:
    if "--mem-fraction-static" not in flags:
        return NoEstimate(
            "memory.mem_fraction_static is not stated, so the engine chooses it when it starts"
        )
    draft = "--speculative-algorithm" in flags
    weights = _weights(model, flags, draft=draft)
    layout = _layout(model, gpu, flags)
    if isinstance(weights, NoEstimate):
        return weights
    if isinstance(layout, NoEstimate):
        return layout
    each = model.bytes_per_token(layout, draft=draft)
    room = gpu.usable_gib * float(flags["--mem-fraction-static"]) - weights
    tokens = int(room * GIB / each)
    if tokens <= 0:
        return NoEstimate(f"{weights:.1f} GiB of weights do not fit into the fraction")
    cap = human_readable_int(flags.get("--max-total-tokens", str(tokens)))
    kept = min(tokens, cap)
    return Pool(tokens=kept, gib=kept * each / GIB, capped=kept < tokens)


def _weights(model: Model, flags: dict[str, str], *, draft: bool) -> float | NoEstimate:
    """Give the GiB of weights on each GPU."""
    if flags.get("--pp-size", "1") != "1" or flags.get("--ep-size", "1") != "1":
        return NoEstimate("the estimate does not cover pipeline and expert parallelism")
    if draft and flags["--speculative-algorithm"] not in {"EAGLE", "NEXTN"}:
        return NoEstimate(f"the memory of {flags['--speculative-algorithm']} is not known")
    known = model.weights.get(int(flags.get("--tp-size", "1")))
    found = None if known is None else known.with_draft if draft else known.target
    if found is None:
        return NoEstimate(f"the weights on {flags.get('--tp-size', '1')} GPUs are not known")
    return found


def _layout(model: Model, gpu: Gpu, flags: dict[str, str]) -> str | NoEstimate:
    """Say how the cache stores a token: SGLang 0.5.10.post1 ``server_args.py:1417-1487``."""
    dtype = flags.get("--kv-cache-dtype", "auto")
    if dtype == "auto" and model.sparse_attention:
        dtype = "fp8_e4m3" if gpu.architecture == "sm100" else "bfloat16"
    if dtype in {"bfloat16", "bf16"}:
        return "bf16"
    if dtype != "fp8_e4m3":
        return NoEstimate(f"the layout of a {dtype} cache is not known")
    return _fp8_layout(gpu, flags)


def _fp8_layout(gpu: Gpu, flags: dict[str, str]) -> str | NoEstimate:
    """Give FlashMLA's layout before SM100; there, TRT-LLM's, unless another backend is asked for.

    Whether the engine then obeys depends on its release: 0.5.10 takes TRT-LLM all the same.
    """
    asked = {flags[name] for name in DECODE_BACKENDS if name in flags}
    if gpu.architecture != "sm100":
        return "fp8_flashmla"
    if asked <= {"trtllm"}:
        return "fp8_trtllm"
    return NoEstimate(f"the layout of an FP8 cache with {', '.join(asked)} depends on the release")
