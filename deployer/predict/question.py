"""What is asked of a predictor: the part of a release that decides speed, and a workload."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from deployer.behaviour.settings import read
from deployer.behaviour.unknown import UnknownError
from deployer.errors import Failure, UsageError
from deployer.plan.capacity import Server, estimate
from deployer.release import Release

CHUNK = 8192
"""Tokens of a prefill that are taken for one step where the profile states no chunk. The engine's
own is 2,048 to 16,384 by the memory of the GPU (0.5.10.post1 ``srt/server_args.py:1165-1228``)."""

DRAFTERS = frozenset({"EAGLE", "EAGLE3", "NEXTN"})
"""Algorithms whose drafts cost about what layers for multi-token prediction do."""

KV_DTYPES = {
    "bf16": "bfloat16",
    "bfloat16": "bfloat16",
    "fp8_e4m3": "fp8",
    "fp8_e5m2": "fp8",
}
"""`--kv-cache-dtype`, as a predictor calls it."""

OTHER_SPEED = {
    "--quantization": "weights are taken as the checkpoint's own config has them",
    "--moe-a2a-backend": "the exchange between experts is taken for the usual one",
    "--disaggregation-mode": "prefill and decode are taken to share the GPUs",
    "--cpu-offload-gb": "no weights are taken to lie on the CPU",
    "--enable-lora": "no adapters are reckoned with",
}
"""Flags that change the speed in a way that is not reckoned with, and what is taken instead."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests of ``inputs`` tokens with ``outputs`` tokens of answer, so many at a time.

    ``accept_length`` is how many tokens a step of speculation gives, 1 and what of the drafts is
    accepted, as the engine's log has it ("accept len"); None where nobody measured it.
    """

    inputs: int
    outputs: int
    concurrency: int
    accept_length: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a predictor must know; ``notes`` says what was left out of it.

    ``tensor`` is the parallelism within attention, ``ranks`` that of data-parallel attention;
    ``experts_tensor`` and ``experts`` divide the experts. ``replicas`` are whole copies of the
    engine. ``batch`` is for one rank and stage of one replica. ``kv_dtype`` is empty where the
    checkpoint decides; ``drafts`` are 0 without speculation.
    """

    repo: str
    gpu: str
    inputs: int
    outputs: int
    batch: int
    chunk: int
    tensor: int
    pipeline: int
    ranks: int
    experts_tensor: int
    experts: int
    replicas: int
    kv_dtype: str
    fraction: float | None
    drafts: int
    accepted: float
    notes: tuple[str, ...]


def question(release: Release, workload: Workload) -> Question:
    """Put a workload to a release.

    Raises Failure where the release could not serve it or has no GPUs, UsageError for an accept
    length that cannot be.
    """
    if release.hardware.gpu == "none" or not release.hardware.count:
        message = f"`{release.name}` has no GPUs, and a CPU's speed is in nobody's tables"
        raise Failure(message)
    flags = {argument.flag: " ".join(argument.values) for argument in release.arguments}
    _refuse_too_long(flags, workload)
    tensor, data, pipeline = (_number(flags, f) for f in ("--tp-size", "--dp-size", "--pp-size"))
    attention = _number(flags, "--attn-dp-size")
    ranks = data if "--enable-dp-attention" in flags else attention
    replicas = 1 if "--enable-dp-attention" in flags else data
    exchanged = flags.get("--moe-a2a-backend", "none") != "none"
    experts = tensor if exchanged else _number(flags, "--ep-size")
    running, why = _running(release, flags, workload, ranks * replicas)
    drafts, accepted, left_out = _drafts(flags, workload)
    return Question(
        repo=release.model.repo,
        gpu=release.hardware.gpu,
        inputs=workload.inputs,
        outputs=workload.outputs,
        batch=math.ceil(running / (ranks * pipeline * replicas)),
        chunk=min(workload.inputs, _chunk(flags, workload)),
        tensor=max(1, tensor // ranks),
        pipeline=pipeline,
        ranks=ranks,
        experts_tensor=max(1, tensor // experts),
        experts=experts,
        replicas=replicas,
        kv_dtype=_kv_dtype(release, flags),
        fraction=_fraction(flags),
        drafts=drafts,
        accepted=accepted,
        notes=(*why, *left_out, *(said for flag, said in OTHER_SPEED.items() if flag in flags)),
    )


def _refuse_too_long(flags: Mapping[str, str], workload: Workload) -> None:
    tokens = workload.inputs + workload.outputs
    longest = _number(flags, "--context-length", tokens)
    if tokens > longest:
        message = f"a request of {tokens:,} tokens is longer than the context of {longest:,}"
        raise Failure(message, hint="give a smaller --input or --output")


def _running(
    release: Release, flags: Mapping[str, str], workload: Workload, pools: int
) -> tuple[int, tuple[str, ...]]:
    """Give how many requests run at a time, and why that are fewer than were asked for."""
    tokens = workload.inputs + workload.outputs
    most = _number(flags, "--max-running-requests", workload.concurrency)
    pool = estimate(release)
    room = pool.pool.tokens * pools // tokens if isinstance(pool, Server) else workload.concurrency
    if room == 0 and isinstance(pool, Server):
        message = f"a request of {tokens:,} tokens does not fit into a pool of {pool.pool.tokens:,}"
        raise Failure(message, hint="`deployer fit PROFILE` shows what the memory holds")
    running = min(workload.concurrency, most, room)
    if running == workload.concurrency:
        return running, ()
    reason = (
        "max_running_requests allows no more"
        if most <= room
        else f"the KV pool holds no more of {tokens:,} tokens"
    )
    waits = workload.concurrency - running
    said = (
        f"{running} of the {workload.concurrency} requests run at a time, because {reason}; "
        f"{waits} wait, and their wait is not in the time to the first token"
    )
    return running, (said,)


def _drafts(flags: Mapping[str, str], workload: Workload) -> tuple[int, float, tuple[str, ...]]:
    """Give the drafts of a step, how many of them are accepted, and what is left out."""
    algorithm = flags.get("--speculative-algorithm")
    steps = _number(flags, "--speculative-num-steps", 0)
    length = workload.accept_length
    if algorithm is None:
        if length is not None:
            message = "the profile has no speculation, so there is no accept length"
            raise UsageError(message, hint="leave out --accept-length")
        return 0, 0.0, ()
    if algorithm not in DRAFTERS or not steps:
        what = algorithm if algorithm not in DRAFTERS else f"{algorithm} without num_steps"
        return 0, 0.0, (f"speculation is left out: the cost of {what} is not known",)
    if length is None:
        said = 'a running server logs it as "accept len", and --accept-length takes it'
        return 0, 0.0, (f"speculation is left out: its accept length is not known; {said}",)
    if not 1 <= length <= steps + 1:
        message = f"an accept length is between 1 and {steps + 1} with {steps} steps: {length:g}"
        raise UsageError(message)
    return steps, length - 1, ()


def _kv_dtype(release: Release, flags: Mapping[str, str]) -> str:
    """Give the dtype of the cache, `auto` resolved where the model is known; else empty."""
    stated = flags.get("--kv-cache-dtype", "auto")
    if stated != "auto":
        return KV_DTYPES.get(stated, "")
    try:
        layout = read(release).layout
    except UnknownError:
        return ""
    return "bfloat16" if layout == "bf16" else "fp8"


def _chunk(flags: Mapping[str, str], workload: Workload) -> int:
    chunk = _number(flags, "--chunked-prefill-size", CHUNK)
    return workload.inputs if chunk <= 0 else chunk


def _fraction(flags: Mapping[str, str]) -> float | None:
    stated = flags.get("--mem-fraction-static")
    try:
        return None if stated is None else float(stated)
    except ValueError:
        return None


def _number(flags: Mapping[str, str], flag: str, otherwise: int = 1) -> int:
    try:
        return int(flags[flag])
    except (KeyError, ValueError):
        return otherwise
