"""How the weights of a model are divided over GPUs.

Source of the rules: SGLang 0.5.10.post1 ``models/deepseek_v2.py``, ``models/qwen3.py``,
``distributed/utils.py`` (``get_pp_indices``) and ``layers/rotary_embedding/base.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deployer.facts.models.model import GroupedAttention, LatentAttention, Model
from deployer.facts.models.parts import Part, drafting, embedding, head, layer

GIB = 1024**3

TENTH = 10
"""Weights are rounded up to a tenth of a GiB: an allocator takes every large tensor in steps of
2 MiB, and the numbers are no more exact."""

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


@dataclass(frozen=True, slots=True)
class Stage:
    """What one GPU of a pipeline stage holds: GiB of weights, and the layers with a cache."""

    weights: float
    layers: int


def stages(model: Model, division: Division, *, draft: bool) -> tuple[Stage, ...]:
    """Give what a GPU of each pipeline stage holds; one stage without pipeline parallelism."""
    return tuple(
        Stage(_gib(_of_stage(model, division, at, draft=draft), model, division), len(layers))
        for at, layers in enumerate(_spans(model.layers, division.stages))
    )


def copies(model: Model, division: Division) -> float:
    """Give the GiB of latent attention's second copy of a matrix, which the engine makes in BF16.

    `kv_b_proj` stays beside the two factors that decoding multiplies by (0.5.10.post1
    ``models/deepseek_common/deepseek_weight_loader.py``, ``w_kc`` and ``w_vc``).
    """
    found = model.attention
    if not isinstance(found, LatentAttention):
        return 0.0
    count = found.latent * found.heads * (found.nope + found.value)
    return 2 * count * model.layers / division.attention_ranks / GIB


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
    for index in spans[stage]:
        yield from layer(model, index)
    if stage == 0:
        yield embedding(model)
    if last and not (model.tied and division.stages == 1):
        yield head(model)
    if last and draft:
        yield from drafting(model)


def _gib(parts: Iterable[Part], model: Model, division: Division) -> float:
    found = sum(part.count * part.each / _divisor(part, model, division) for part in parts)
    return math.ceil((found + _rotary(model)) / GIB * TENTH) / TENTH


def _divisor(part: Part, model: Model, division: Division) -> int:
    ranks, tensor = division.attention_ranks, division.tensor
    match part.divided:
        case "attention" | "embedding":
            return ranks
        case "keys":
            heads = model.attention
            return min(ranks, heads.kv_heads) if isinstance(heads, GroupedAttention) else ranks
        case "head":
            return ranks if division.head_by_attention else tensor
        case "shared":
            return 1 if division.shared_whole else tensor
        case "tensor":
            return tensor
        case "rank":
            return 1


def _rotary(model: Model) -> int:
    found = model.attention
    size = found.rope if isinstance(found, LatentAttention) else found.size
    return model.longest * size * ROTARY
