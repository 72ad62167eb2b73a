"""Numbers out of one or two looks at an endpoint's metrics: sums over replicas, rates, percentiles.

The engine writes a sample for each scheduler that tells; those of one replica's ranks say the same
thing several times (``--enable-metrics-for-all-schedulers``), so of them the largest counts, and
data-parallel replicas are added up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deployer.exposition import Sample, of

RANKS = frozenset({"tp_rank", "pp_rank", "moe_ep_rank", "pid"})
"""Labels that tell ranks of one replica apart."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was read at a moment, in seconds of any clock that goes forward."""

    at: float
    samples: tuple[Sample, ...]


def total(look: Look, name: str) -> float | None:
    """Add up a number over replicas; None where nobody tells it."""
    return _over(look.samples, name, sum)


def largest(look: Look, name: str) -> float | None:
    """Give the largest of all replicas, for what is a share of each."""
    return _over(look.samples, name, max)


def mean(look: Look, name: str) -> float | None:
    """Give the mean of the replicas that tell more than nothing."""
    told = [value for value in _replicas(look.samples, name) if value > 0]
    return sum(told) / len(told) if told else None


def rate(now: Look, before: Look | None, name: str) -> float | None:
    """Give how much a counter grows in a second between two looks; None without a first one.

    A counter that was set back counts from nothing: somebody was started again.
    """
    if before is None or now.at <= before.at:
        return None
    new, old = total(now, name), total(before, name)
    if new is None:
        return None
    grown = new - (old or 0.0)
    return (grown if grown >= 0 else new) / (now.at - before.at)


def percentiles(
    now: Look, before: Look | None, name: str, shares: Sequence[float]
) -> tuple[float, ...] | None:
    """Reckon percentiles of a histogram between two looks, or since it began without a first one.

    As Prometheus' ``histogram_quantile`` does: within a bucket values are taken to be spread
    evenly; what is above the last bound is given as that bound. None where nothing was counted.
    """
    buckets = _buckets(now, name)
    if before is not None:
        old = _buckets(before, name)
        since = {bound: count - old.get(bound, 0.0) for bound, count in buckets.items()}
        buckets = since if all(count >= 0 for count in since.values()) else buckets
    ordered = sorted(buckets.items())
    if not ordered or ordered[-1][1] <= 0:
        return None
    return tuple(_quantile(ordered, share) for share in shares)


def _quantile(buckets: list[tuple[float, float]], share: float) -> float:
    wanted = share * buckets[-1][1]
    low, below = 0.0, 0.0
    for bound, count in buckets:
        if count >= wanted and count > below:
            if math.isinf(bound):
                return low
            return low + (bound - low) * (wanted - below) / (count - below)
        low, below = bound, count
    return low


def _buckets(look: Look, name: str) -> dict[float, float]:
    found: dict[float, float] = {}
    for sample in of(look.samples, f"{name}_bucket"):
        bound = float(sample.labels.get("le", "nan"))
        if not math.isnan(bound) and math.isfinite(sample.value):
            found[bound] = found.get(bound, 0.0) + sample.value
    return found


def _over(
    samples: Sequence[Sample], name: str, together: Callable[[list[float]], float]
) -> float | None:
    values = _replicas(samples, name)
    return together(values) if values else None


def _replicas(samples: Sequence[Sample], name: str) -> list[float]:
    groups: dict[tuple[tuple[str, str], ...], float] = {}
    for sample in of(samples, name):
        if not math.isfinite(sample.value):  # who tells NaN tells no number
            continue
        key = tuple(sorted((k, v) for k, v in sample.labels.items() if k not in RANKS))
        groups[key] = max(groups.get(key, -math.inf), sample.value)
    return list(groups.values())
