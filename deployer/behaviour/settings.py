"""What of a release decides about GPU memory, read from its arguments."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass

from deployer.behaviour.unknown import UnknownError
from deployer.behaviour.weights import Division
from deployer.facts.gpus import GPUS, Gpu
from deployer.facts.models.catalogue import shapes
from deployer.facts.models.model import Model
from deployer.parse.types import human_readable_int
from deployer.release import Release

ELSEWHERE = (
    "--cpu-offload-gb", "--dcp-size", "--attn-cp-size", "--enable-prefill-cp",
    "--speculative-draft-model-path", "--hisparse-config", "--enable-hisparse",
    "--ep-num-redundant-experts", "--moe-dense-tp-size", "--enable-kv-cache-sharding",
    "--json-model-override-args", "--enable-lora", "--lora-paths", "--torchao-config",
)  # fmt: skip
"""Flags with which weights or cache lie otherwise than this estimate knows."""

DECODE_BACKENDS = ("--nsa-decode-backend", "--dsa-decode-backend")
"""The flag that chooses the kernels of sparse decoding, before and since 0.5.13."""

BLACKWELL = 10
"""The first number of the compute capability from which `auto` is FP8 for sparse attention."""

DRAFTS = frozenset({"EAGLE", "NEXTN"})
"""Algorithms that draft with the layer that the checkpoint brings, where it brings one."""

PAGE = 64
"""Tokens of a page that sparse attention forces (0.5.10.post1 ``srt/server_args.py:1583``)."""

HOW = "`deployer fit PROFILE --model-config config.json` reads the model's own file"
"""How to give the facts of a model."""

SCALED = "the checkpoint brings scales for its cache, and what `auto` makes of them is not known"
"""Since ``configure_kv_cache_dtype`` asks the loaded model (0.5.10.post1
``model_executor/model_runner.py:1903``)."""

Flags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """A release as memory sees it. ``fraction`` is None where the engine chooses it.

    ``cap`` is `--max-total-tokens`, ``context`` the longest request, ``requests`` how many run at
    a time (None where the engine decides); ``flags`` are all flags with their values.
    """

    model: Model
    gpu: Gpu
    version: str
    division: Division
    draft: bool
    layout: str
    page: int
    fraction: float | None
    cap: int | None
    context: int
    requests: int | None
    flags: Flags


def read(release: Release, model: Model | None = None, gpu: str = "") -> Settings:
    """Read what decides, for another model or GPU where they are given.

    Raises UnknownError for what no number is known for.
    """
    found = model or shapes(release.model.repo)
    if found is None:
        msg = f"the memory of {release.model.repo} is not among the known facts"
        raise UnknownError(msg, HOW)
    name = gpu or release.hardware.gpu
    board = GPUS.get(name)
    if board is None:
        msg = f"the memory of GPU {name} is not among the known facts"
        raise UnknownError(msg)
    flags = {argument.flag: " ".join(argument.values) for argument in release.arguments}
    for flag in ELSEWHERE:
        if flag in flags:
            msg = f"the estimate does not cover {flag}"
            raise UnknownError(msg)
    try:
        return _settings(found, board, release.engine.version, flags)
    except (ValueError, ArgumentTypeError) as error:
        msg = "a value that decides it is no number"
        raise UnknownError(msg) from error


def _settings(model: Model, gpu: Gpu, version: str, flags: Flags) -> Settings:
    stated = flags.get("--quantization", model.precision.method)
    if stated != model.precision.method:
        msg = f"the checkpoint does not have `--quantization {stated}`"
        raise UnknownError(msg)
    fraction, cap = flags.get("--mem-fraction-static"), flags.get("--max-total-tokens")
    context, requests = flags.get("--context-length"), flags.get("--max-running-requests")
    return Settings(
        model=model,
        gpu=gpu,
        version=version,
        division=_division(model, flags),
        draft=_drafts(model, flags),
        layout=_layout(model, gpu, flags),
        page=PAGE if model.sparse_attention else _size(flags, "--page-size"),
        fraction=None if fraction is None else float(fraction),
        cap=None if cap is None else human_readable_int(cap),
        context=model.longest if context is None else human_readable_int(context),
        requests=None if requests is None else human_readable_int(requests),
        flags=flags,
    )


def _division(model: Model, flags: Flags) -> Division:
    tensor, ranks = _size(flags, "--tp-size"), _size(flags, "--attn-dp-size")
    if "--enable-dp-attention" in flags:
        ranks = _size(flags, "--dp-size")
    if tensor % ranks:
        msg = f"{tensor} tensor-parallel ranks cannot be divided into {ranks}"
        raise UnknownError(msg)
    if model.attention.heads % (tensor // ranks):
        heads, each = model.attention.heads, tensor // ranks
        msg = f"{heads} attention heads cannot be divided over {each} ranks"
        raise UnknownError(msg)
    return Division(
        tensor=tensor,
        attention_ranks=tensor // ranks,
        stages=_size(flags, "--pp-size"),
        shared_whole=flags.get("--moe-a2a-backend", "none") != "none",
        head_by_attention="--enable-dp-lm-head" in flags,
    )


def _size(flags: Flags, flag: str) -> int:
    """Read how many of something there are, 1 where it is not stated; raises ValueError below."""
    found = int(flags.get(flag, "1"))
    if found < 1:
        raise ValueError(flag)
    return found


def _drafts(model: Model, flags: Flags) -> bool:
    algorithm = flags.get("--speculative-algorithm")
    if algorithm is None:
        return False
    if algorithm not in DRAFTS or not model.draft_layers:
        msg = f"the memory of {algorithm} is not known"
        raise UnknownError(msg)
    return True


def _layout(model: Model, gpu: Gpu, flags: Flags) -> str:
    """Say how the cache stores a token: SGLang 0.5.10.post1 ``server_args.py:1417-1487``."""
    dtype = flags.get("--kv-cache-dtype", "auto")
    if dtype == "auto":
        if model.scaled_cache:
            raise UnknownError(SCALED, "state `memory.kv_cache_dtype`")
        sparse = model.sparse_attention and gpu.capability[0] >= BLACKWELL
        dtype = "fp8_e4m3" if sparse else "bfloat16"
    if dtype in {"bfloat16", "bf16"}:
        return "bf16"
    if dtype != "fp8_e4m3" and (dtype != "fp8_e5m2" or model.sparse_attention):
        msg = f"the layout of a {dtype} cache is not known"
        raise UnknownError(msg)
    return _sparse_fp8(gpu, flags) if model.sparse_attention else "fp8"


def _sparse_fp8(gpu: Gpu, flags: Flags) -> str:
    """Give FlashMLA's layout before SM100; there, TRT-LLM's, unless another backend is asked for.

    Whether the engine then obeys depends on its release: 0.5.10 takes TRT-LLM all the same.
    """
    asked = {flags[name] for name in DECODE_BACKENDS if name in flags}
    if gpu.architecture != "sm100":
        return "fp8_flashmla"
    if asked <= {"trtllm"}:
        return "fp8"
    msg = f"the layout of an FP8 cache with {', '.join(asked)} depends on the release"
    raise UnknownError(msg)
