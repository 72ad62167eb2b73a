"""How a release sizes the KV pool, where releases differ.

Read in every wheel from 0.5.9 to 0.5.23 (0.5.21 is not published as read here; it is taken to be
as 0.5.20): ``model_executor/model_runner_kv_cache_mixin.py`` until 0.5.10, then
``model_executor/pool_configurator.py`` and ``mem_cache/kv_cache_configurator.py``,
``managers/scheduler.py`` and ``layers/quantization/mxfp4_marlin_moe.py``; each row was found in
the first release that has it. That drafts come later until 0.5.13 was seen as well: 0.5.10.post1
has 7,011,712 tokens for 8 layers of GLM-5.1 on an H200, with EAGLE and without.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from deployer.facts.sglang.versions import release_key


@dataclass(frozen=True, slots=True)
class PoolRule:
    """The rule of a release and of those after it.

    ``drafts_first`` says that a model that drafts is loaded before the pool is sized, and that
    its layers count; before that, it takes what the target's pool has left. ``scaled_layout``
    says that FlashMLA's FP8 layout is sized with the scales that it has. ``indexers_elided`` says
    that a layer which takes another one's choice stores no key for an indexer. ``padded_states``
    adds a state that no request has. ``scales_kept`` says that FP4 experts in Marlin keep the FP32
    scales that they were loaded with. ``towers_reserved`` is the GiB kept for a model that sees
    images.
    """

    since: str
    drafts_first: bool = False
    scaled_layout: bool = False
    indexers_elided: bool = False
    padded_states: bool = False
    scales_kept: bool = True
    towers_reserved: float = 0.0


FIRST = PoolRule("0.5.9")
DRAFTS = replace(FIRST, since="0.5.14", drafts_first=True)
E8M0 = replace(DRAFTS, since="0.5.16", scales_kept=False)
SCALED = replace(E8M0, since="0.5.17", scaled_layout=True, padded_states=True)
ELIDED = replace(SCALED, since="0.5.18", indexers_elided=True, towers_reserved=100 / 1024)
RULES = (
    FIRST,
    DRAFTS,
    E8M0,
    SCALED,
    ELIDED,
)
"""In the order of their releases."""


def pool_rule(version: str) -> PoolRule:
    """Give the rule of a release: the newest one that is not newer; the first for older ones."""
    key = release_key(version)
    return next((rule for rule in reversed(RULES) if release_key(rule.since) <= key), FIRST)
