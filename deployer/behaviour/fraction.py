"""The fraction that the engine chooses where none is stated: its own rule, by release.

It reserves what graphs and activations are expected to take, from the sizes of chunks and batches
(:mod:`deployer.facts.sglang.memory_rules`), and gives the rest to weights and pool. The rule knows
neither the model's width nor its layers; the engine's authors call it a heuristic.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.behaviour.settings import VIT_L, Settings
from deployer.facts.sglang.memory_rules import MemoryRule, memory_rule

SIZES = (
    (20, 2048, 8, 8),
    (35, 0, 0, 0),
    (60, 4096, 32, 160),
    (90, 8192, 256, 512),
    (160, 8192, 256, 512),
    (float("inf"), 16384, 512, 512),
)
"""Below so many GiB: the tokens of a chunk, and the largest batch of graphs with fewer than 4
tensor-parallel ranks and with more. Of GPUs below 35 GiB it depends on the release."""

FLOOR = 10 * 1024
"""MiB that are reserved at least on a GPU of more than 60 GiB."""

STANDALONE = 6 * 1024
"""MiB for a draft model that stands alone, until 0.5.13."""

PREFILL_TOKENS = 16384
"""SGLang's default of `--max-prefill-tokens`, which counts where chunking is off."""

LARGE_BATCH, MANY_RANKS = 300, 4
"""A batch from which data-parallel attention costs half as much again, and the tensor-parallel
ranks from which batches are larger."""

NO_DECODE_GRAPHS = ("--disable-cuda-graph", "--disable-decode-cuda-graph")
NO_PREFILL_GRAPHS = (
    "--disable-cuda-graph", "--disable-piecewise-cuda-graph", "--disable-prefill-cuda-graph",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Own:
    """The engine's own fraction, the GiB that it keeps free, and the release whose rule it is."""

    fraction: float
    reserved: float
    rule: str


def own(settings: Settings) -> Own:
    """Reckon the fraction that a release chooses, and what it reserves."""
    rule = memory_rule(settings.version)
    reserved = _reserved(settings, rule)
    total = settings.gpu.memory
    found = round((total - reserved) / total, 3)
    factor = _for_images(settings)
    free = reserved + total * found * (1 - factor)
    return Own(found * factor, free / 1024, rule.since)


def _for_images(settings: Settings) -> float:
    """Give what is left of the fraction beside a part for images.

    0.5.10.post1 ``srt/server_args.py:6396``, ``adjust_mem_fraction_for_vlm``: by its layers and
    width, beside those of a ViT-L.
    """
    if settings.tower is None:
        return 1.0
    layers, width = settings.tower
    size = layers * width**2 / (VIT_L[0] * VIT_L[1] ** 2)
    return 0.95 * max(0.8, min(1.05, 1.0 - 0.1 * (size - 1.0)))


def _reserved(settings: Settings, rule: MemoryRule) -> float:
    """Give the MiB that are kept free."""
    chunk, batch = _sizes(settings, rule)
    division = settings.division
    reserved = 512 + 1.5 * max(chunk if chunk > 0 else _prefill(settings), 2048)
    reserved += division.tensor * division.stages / 8 * 1024
    if rule.unused_graphs or not _any(settings, NO_DECODE_GRAPHS):
        reserved += 2 * batch
    if division.replicas > 1:
        reserved += batch * division.replicas * (4.5 if batch > LARGE_BATCH else 3)
    if _captures_prefill(settings, rule):
        reserved += 1536 if settings.model.latent else 8 * _captured(settings, chunk)
    if settings.gpu.memory > 60 * 1024:
        reserved = max(reserved, FLOOR)
    return reserved + _drafting(settings, rule) + _exchange(settings, rule)


def _sizes(settings: Settings, rule: MemoryRule) -> tuple[int, int]:
    """Give the tokens of a chunk and the largest batch that graphs are captured for."""
    flags, requests = settings.flags, settings.requests
    gib = settings.gpu.memory / 1024
    own_chunk, few, many = next(rest for below, *rest in SIZES if gib < below)
    if not own_chunk:
        own_chunk, few, many = rule.small
    chunk = int(flags.get("--chunked-prefill-size", own_chunk))
    stated = flags.get("--cuda-graph-max-bs") or flags.get("--cuda-graph-max-bs-decode")
    if stated is not None:
        return chunk, int(stated)
    batch = few if settings.division.tensor < MANY_RANKS else many
    return chunk, min(batch, requests) if rule.capped and requests else batch


def _prefill(settings: Settings) -> int:
    return int(settings.flags.get("--max-prefill-tokens", PREFILL_TOKENS))


def _captures_prefill(settings: Settings, rule: MemoryRule) -> bool:
    """Whether graphs of prefill are captured by default, as far as the release's rules tell."""
    flags, model = settings.flags, settings.model
    if not rule.prefill_graphs:
        return "--enable-piecewise-cuda-graph" in flags
    off = (
        settings.tower is not None and not settings.tower_graphs,
        _any(settings, NO_PREFILL_GRAPHS),
        rule.not_with_drafts and "--speculative-algorithm" in flags,
        rule.not_sparse and model.sparse_attention,
        rule.not_latent and model.latent and not (rule.but_sparse and model.sparse_attention),
        rule.not_data_parallel and settings.division.replicas > 1,
        rule.not_exchange and settings.division.shared_whole,
        rule.not_staged and settings.division.stages > 1,
        rule.not_exchange and "--enable-hierarchical-cache" in flags and rule.unused_graphs,
    )
    return not any(off)


def _captured(settings: Settings, chunk: int) -> int:
    """Count the prefill sizes that are captured: all of SGLang's list up to a chunk."""
    most = chunk if settings.cap is None else min(chunk, settings.cap)
    steps = (
        range(4, 33, 4), range(48, 257, 16), range(288, 513, 32), range(576, 1025, 64),
        range(1280, 4097, 256), range(4608, most + 1, 512),
    )  # fmt: skip
    return sum(size <= most for sizes in steps for size in sizes)


def _drafting(settings: Settings, rule: MemoryRule) -> int:
    algorithm = settings.flags.get("--speculative-algorithm", "NGRAM")
    if not rule.draft or algorithm == "NGRAM":
        return 0
    return STANDALONE if algorithm == "STANDALONE" else rule.draft


def _exchange(settings: Settings, rule: MemoryRule) -> int:
    return rule.deepep if settings.flags.get("--moe-a2a-backend") == "deepep" else 0


def _any(settings: Settings, names: tuple[str, ...]) -> bool:
    return any(name in settings.flags for name in names)
