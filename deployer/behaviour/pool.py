"""How many tokens the KV pool holds, from the shapes of model and GPU.

The formula is SGLang's (0.5.10.post1 ``model_executor/model_runner_kv_cache_mixin.py``,
``profile_max_num_token``; 0.5.23 ``model_executor/pool_configurator.py``): what is free after
loading, less the share ``1 - mem_fraction_static`` of what was free before, divided by the bytes of
a token, in whole pages; ``--max-total-tokens`` caps it, and a pipeline has the pool of its
smallest stage.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.behaviour.settings import Settings
from deployer.behaviour.weights import GIB, Stage, copies, stages

AMISS = 1.1
"""GiB of one GPU by which the estimate was off, at most, for every pool that was found published:
297K tokens (a comment of InferenceX for GLM-5-FP8 on 8 H200, BF16, fraction 0.85: this gives 296K),
464,256 (a log in sgl-project/sglang#26357, the same with FP8: 482K), and 367,404 (a log in
vllm-project/vllm#21348, Qwen3-235B-A22B-FP8 on 4 H100, 0.93, a release of July 2025: 390K)."""

BAND = 5
"""Per cent of the pool below which no error is stated, however large the pool."""

LARGE_COPIES = 1.0
"""GiB of latent attention's second copies from which they are counted. With tensor parallelism
they are smaller than the band, and the published pools were met without them; with data-parallel
attention every rank has all of them."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The KV pool of one data-parallel rank. ``gib`` is what it takes on each GPU.

    ``capacity`` is how many tokens there would be without a cap.
    """

    tokens: int
    gib: float
    capped: bool
    capacity: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """What one GPU of the fullest stage holds, in GiB, and the bytes of a token on it.

    ``budget`` is what the fraction leaves for the pool, below 0 where weights alone exceed it.
    """

    weights: float
    copies: float
    each: int
    budget: float


def held(settings: Settings, fraction: float) -> Held:
    """Give what the stage holds that has the fewest tokens."""
    return min(
        (_held(settings, stage, fraction) for stage in _stages(settings)),
        key=lambda one: one.budget / one.each,
    )


def pool(settings: Settings, fraction: float) -> Pool | None:
    """Give the pool, or None where the weights leave no room for one."""
    found = held(settings, fraction)
    tokens = int(found.budget * GIB / found.each)
    if tokens <= 0:
        return None
    capacity = max(tokens // settings.page * settings.page, 1)
    kept = capacity if settings.cap is None else min(capacity, settings.cap)
    capped = kept < capacity
    gib = kept * found.each / GIB if capped else found.budget
    return Pool(tokens=kept, gib=gib, capped=capped, capacity=capacity)


def _stages(settings: Settings) -> tuple[Stage, ...]:
    return stages(settings.model, settings.division, draft=settings.draft)


def _held(settings: Settings, stage: Stage, fraction: float) -> Held:
    drafting = settings.model.draft_layers if settings.draft else 0
    ranks = settings.division.attention_ranks
    each = settings.model.kv_bytes(settings.layout, ranks) * (stage.layers + drafting)
    second = copies(settings.model, settings.division)
    counted = second if second >= LARGE_COPIES else 0.0
    room = settings.gpu.usable_gib * fraction - stage.weights - counted
    return Held(weights=stage.weights, copies=counted, each=each, budget=room)
