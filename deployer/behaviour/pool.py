"""How many tokens the KV pool holds, from the shapes of model and GPU.

The formula is SGLang's (0.5.10.post1 ``model_executor/model_runner_kv_cache_mixin.py``,
``profile_max_num_token``; 0.5.23 ``mem_cache/kv_cache_configurator.py``): what is free after
loading, less the share ``1 - mem_fraction_static`` of what was free before, less the states of
linear attention, divided by the bytes of a token, in whole pages; ``--max-total-tokens`` caps it,
and a pipeline has the pool of its smallest stage.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.behaviour.cache import Kept, Manner, kept
from deployer.behaviour.settings import Settings
from deployer.behaviour.states import states
from deployer.behaviour.weights import Stage, copies, drafts, scales_kept, stages
from deployer.facts.gpus import GIB

AMISS = 1.0
"""GiB of one GPU by which the estimate is taken to be off, at most. Published pools and those that
were measured (``tests/behaviour/test_published.py``) are met closer than that."""

BAND = 3
"""Per cent of the pool below which no error is stated, however large the pool."""


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
    ``stored`` is what a token really takes where the engine sizes it with less. ``states`` are
    those of linear attention. ``later`` is what is loaded only when the pool has its size, and
    ``later_each`` what that takes of every token.
    """

    weights: float
    copies: float
    each: float
    budget: float
    stored: float = 0.0
    states: float = 0.0
    later: float = 0.0
    later_each: float = 0.0


def held(settings: Settings, fraction: float) -> Held:
    """Give what the stage holds that has the fewest tokens."""
    found = stages(settings.model, settings.division, draft=False)
    return min(
        (_held(settings, stage, fraction, last=stage is found[-1]) for stage in found),
        key=lambda one: one.budget / one.each if one.each else one.budget,
    )


def pool(settings: Settings, fraction: float) -> Pool | None:
    """Give the pool, or None where the weights leave no room for one."""
    found = held(settings, fraction)
    tokens = int(found.budget * GIB / found.each) if found.each else settings.context
    if found.budget <= 0 or tokens <= 0:
        return None
    capacity = max(tokens // settings.page * settings.page, 1)
    count = capacity if settings.cap is None else min(capacity, settings.cap)
    return Pool(
        tokens=count,
        gib=count * found.stored / GIB,
        capped=count < capacity,
        capacity=capacity,
    )


def _held(settings: Settings, stage: Stage, fraction: float, *, last: bool) -> Held:
    model, division, rule = settings.model, settings.division, settings.rule
    drafting = settings.draft and last
    first = drafting and rule.drafts_first
    weights = stage.weights * (settings.scale or 1)
    weights += scales_kept(model, division) if _keeps_scales(settings) else 0.0
    weights += drafts(model, division) if first else 0.0
    second = copies(model, division)
    room = settings.usable * fraction - weights - second
    room -= rule.towers_reserved if model.beside else 0.0
    own, draft = _kept(settings, stage, drafting=first), kept(model.drafts, (), _manner(settings))
    taken = states(settings, own.state, room)
    return Held(
        weights=weights,
        copies=second,
        each=own.each,
        budget=room - taken,
        stored=own.stored,
        states=taken,
        later=drafts(model, division) if drafting and not first else 0.0,
        later_each=draft.stored if drafting and not first else 0.0,
    )


def _kept(settings: Settings, stage: Stage, *, drafting: bool) -> Kept:
    model = settings.model
    blocks = model.blocks[stage.span.start : stage.span.stop]
    return kept(blocks, model.drafts if drafting else (), _manner(settings))


def _manner(settings: Settings) -> Manner:
    ranks = settings.division.attention_ranks
    return Manner(settings.layout, ranks, settings.rule, settings.share, settings.hybrid)


def _keeps_scales(settings: Settings) -> bool:
    return settings.rule.scales_kept and settings.gpu.architecture == "sm90"
