"""The states of linear attention and state-space layers: their part of the memory.

Source: SGLang 0.5.10.post1 ``model_executor/model_runner_kv_cache_mixin.py``,
``handle_max_mamba_cache``; 0.5.23 ``mem_cache/kv_cache_configurator.py``,
``_handle_max_mamba_cache``.
"""

from __future__ import annotations

from deployer.behaviour.settings import Settings
from deployer.facts.gpus import GIB

SHARE = 0.9
"""Memory of states for each of the KV cache (`--mamba-full-memory-ratio`)."""

SLOTS = 3
"""States for each running request, where prefixes are kept for reuse."""

WITH_DRAFTS = 48
"""Running requests with speculation where nobody states them (``speculative_hook.py``)."""

DRAFTED = 4
"""Draft tokens where nobody states them, of three steps."""


def states(settings: Settings, each: int, room: float) -> float:
    """Give the GiB that states take of ``room``; ``each`` is the bytes of one request's."""
    if not each or room <= 0:
        return 0.0
    flags, padded = settings.flags, int(settings.rule.padded_states)
    drafted = _drafted(settings)
    requests = _requests(settings)
    slots = 1 if "--disable-radix-cache" in flags else SLOTS
    free = room * GIB
    if not padded:
        free -= each * requests * drafted
    count = _stated(settings)
    if count is None:
        share = float(flags.get("--mamba-full-memory-ratio", SHARE))
        part = free * share / (1 + share)
        if padded and drafted:
            count = int((part - each * (1 + drafted)) // (each * (1 + drafted / slots)))
        else:
            count = int((part - each * padded) // each)
    taken = (count + padded) * each
    if padded:
        taken += each * (min(requests, count // slots) + 1) * drafted if drafted else 0
    else:
        taken += each * requests * drafted
    return max(taken, 0) / GIB


def _drafted(settings: Settings) -> int:
    flags = settings.flags
    if "--speculative-algorithm" not in flags:
        return 0
    return int(flags.get("--speculative-num-draft-tokens", DRAFTED))


def _requests(settings: Settings) -> int:
    return max(1, (settings.requests or WITH_DRAFTS) // settings.division.replicas)


def _stated(settings: Settings) -> int | None:
    """Give how many states there are where the release says it."""
    flags, replicas = settings.flags, settings.division.replicas
    if size := flags.get("--max-mamba-cache-size"):
        return int(size) // replicas
    if "--disable-radix-cache" in flags and settings.requests:
        return max(1, settings.requests // replicas)
    return None
