"""How the weights of a model are divided over GPUs.

Source of the rules: SGLang 0.5.10.post1 ``models/deepseek_v2.py``, ``models/qwen3.py``,
``distributed/utils.py`` (``get_pp_indices``) and ``layers/rotary_embedding/base.py``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deployer.facts.gpus import GIB
from deployer.facts.models.model import GroupedAttention, LatentAttention, Model
from deployer.facts.models.parts import Part, drafting, embedding, head, layers, towers
from deployer.facts.models.quantization import MXFP4

ROUNDED = 0.05
"""GiB that the allocator takes beyond the tensors, in steps of 2 MiB: 0.01 to 0.05 in the starts of
seven shapes on one and two H200 (`docs/measured.md`)."""

UNDOUBLED = 3
"""Layers at the beginning for which latent attention's copies take no more than they should. As
much again is held for each of the others, of what was not found out: DeepSeek-V3 with 5 and 9
layers and GLM-5.1 with 4 and 8, also with 2 tensor-parallel or data-parallel ranks (0.5.17, on one
rank 0.5.10.post1 as well, on H200). With it, two published pools of whole models are met within
0.6 %."""

SCALE_KEPT = 4 / 32
"""Bytes of an FP32 scale for each of the 32 weights that share it."""

ROTARY = 4
"""Bytes of a value in the table of rotary positions: FP32 on CUDA."""


@dataclass(frozen=True, slots=True)
class Division:
    """How the GPUs of one replica share the work.

    ``attention_ranks`` is how many of the ``tensor`` ranks share one request's attention: all of
    them, or their number divided by the size of data-parallel attention. Whole experts on a rank
    (expert parallelism) take the bytes that slices of all of them do, so it is not here.
    ``shared_whole`` says that every rank has the whole shared expert, ``head_by_attention`` that
    the output head is divided as attention is.
    """

    tensor: int = 1
    attention_ranks: int = 1
    stages: int = 1
    shared_whole: bool = False
    head_by_attention: bool = False

    @property
    def replicas(self) -> int:
        """The data-parallel ranks of attention, each with a KV pool of its own."""
        return self.tensor // self.attention_ranks

    @property
    def gpus(self) -> int:
        """The GPUs of one replica."""
        return self.tensor * self.stages


@dataclass(frozen=True, slots=True)
class Stage:
    """What one GPU of a pipeline stage holds: GiB of weights, and the model's layers there."""

    weights: float
    span: range

    @property
    def layers(self) -> int:
        """How many layers of the model there are."""
        return len(self.span)


@functools.lru_cache(maxsize=256)
def stages(model: Model, division: Division, *, draft: bool) -> tuple[Stage, ...]:
    """Give what a GPU of each pipeline stage holds; one stage without pipeline parallelism."""
    return tuple(
        Stage(_gib(_of_stage(model, division, at, draft=draft), model, division), span)
        for at, span in enumerate(_spans(model.layers, division.stages))
    )


def drafts(model: Model, division: Division) -> float:
    """Give the GiB of what drafts, as it is loaded: with an embedding and a head of its own.

    The engine gives it the model's own afterwards, but what it was loaded with was still held
    when the pool was sized (0.5.17 on an H200: 3.54 GiB of GLM-5.1's 64.03).
    """
    if not model.drafts:
        return 0.0
    parts = [*drafting(model), embedding(model), head(model)]
    return sum(part.count * part.each / _divisor(part, division) for part in parts) / GIB


def copies(model: Model, division: Division) -> float:
    """Give the GiB of latent attention's second copy of a matrix, which the engine makes in BF16.

    `kv_b_proj` stays beside the two factors that decoding multiplies by (0.5.10.post1
    ``models/deepseek_common/deepseek_weight_loader.py``, ``w_kc`` and ``w_vc``). For all but
    :data:`UNDOUBLED` layers as much again is held when the pool is sized.
    """
    found = [one.mixer for one in model.blocks if isinstance(one.mixer, LatentAttention)]
    each = [one.latent * one.heads * (one.nope + one.value) for one in found]
    return 2 * (sum(each) + sum(each[UNDOUBLED:])) / division.attention_ranks / GIB


def scales_kept(model: Model, division: Division) -> float:
    """Give the GiB of FP4 experts' scales in FP32, beside those that Marlin's kernels read.

    Only DeepSeek-V4's, which come as such: ``layers/quantization/fp8.py``, ``is_fp4_expert``.
    """
    if not model.compressed:
        return 0.0
    parts = layers(model, range(model.layers))
    fp4 = sum(part.count for part in parts if part.divided == "experts" and part.each == MXFP4)
    return fp4 * SCALE_KEPT / division.tensor / GIB


def _spans(layers: int, stages_: int) -> Iterator[range]:
    """Give the layers of each stage; the last ones have the layers that are left over."""
    each, over = divmod(layers, stages_)
    start = 0
    for stage in range(stages_):
        end = start + each + (stage >= stages_ - over)
        yield range(start, end)
        start = end


def _of_stage(model: Model, division: Division, stage: int, *, draft: bool) -> Iterator[Part]:
    spans = list(_spans(model.layers, division.stages))
    last = stage == division.stages - 1
    yield from layers(model, spans[stage])
    if stage == 0:
        yield embedding(model)
        yield towers(model)
    if last and not (model.tied and division.stages == 1):
        yield head(model)
    if last and draft:
        yield from drafting(model)


def _gib(parts: Iterable[Part], model: Model, division: Division) -> float:
    found = sum(part.count * part.each / _divisor(part, division) for part in parts)
    return round((found + _rotary(model)) / GIB + ROUNDED, 2)


def _divisor(part: Part, division: Division) -> int:
    ranks, tensor = division.attention_ranks, division.tensor
    match part.divided:
        case "attention" | "embedding":
            return ranks
        case "keys":
            return min(ranks, part.heads)
        case "head":
            return ranks if division.head_by_attention else tensor
        case "shared":
            return 1 if division.shared_whole else tensor
        case "tensor" | "experts":
            return tensor
        case "rank":
            return 1


def _rotary(model: Model) -> int:
    found = model.attention
    size = 0
    if isinstance(found, GroupedAttention):
        size = found.rope or found.size
    elif found is not None:
        size = found.rope * (1 + model.sparse_attention)  # an indexer has a table of its own
    return model.longest * size * ROTARY
