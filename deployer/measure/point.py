"""What was measured under one load."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from deployer.measure.load import Bounds, Load

TAIL = 0.025
"""The probability beyond either end of an interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How ``count`` samples are spread, in milliseconds.

    ``low`` and ``high`` bound the 95th percentile with a confidence of 95 %; None where there are
    too few samples to do so, or only their percentiles are known.
    """

    count: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One load, and what became of it.

    ``seconds`` is how long all of it took. ``first_token`` is the time to the first token,
    ``between`` from one piece of a stream to the next, ``each_token`` of each token after the
    first, ``whole`` of a request; None without a sample. ``output_rate`` and ``total_rate`` are
    tokens a second of all requests. ``attained`` is the share of requests that stayed within
    ``bounds``, None where there are none, and ``goodput`` how many of them came in a second.
    ``accept_length`` is the tokens of a step of speculation, ``cached`` the share of the prompts'
    tokens that the engine had kept, None where its metrics do not tell. ``million`` is the dollars
    of a million output tokens of one container. ``faults`` are what failed requests said.
    ``recounted`` says that the tool had counted as answered what was no answer.
    """

    load: Load
    seconds: float
    completed: int
    failed: int
    input_tokens: int
    output_tokens: int
    request_rate: float
    output_rate: float
    total_rate: float
    first_token: Spread | None
    between: Spread | None
    each_token: Spread | None
    whole: Spread | None
    bounds: Bounds
    goodput: float | None
    attained: float | None
    accept_length: float | None
    cached: float | None
    million: float | None
    faults: tuple[str, ...] = ()
    recounted: bool = False

    @property
    def error_rate(self) -> float:
        """The share of requests that failed."""
        return self.failed / (self.completed + self.failed)


def spread(samples: Sequence[float], *, independent: bool = True) -> Spread | None:
    """Spread samples in milliseconds, as NumPy's ``percentile`` does; None without any.

    Only samples that are ``independent`` of each other bound a percentile: the pieces of one stream
    are not.
    """
    if not samples:
        return None
    ordered = sorted(samples)
    low, high = bounds_of_p95(ordered) if independent else (None, None)
    mean = math.fsum(ordered) / len(ordered)
    p50, p90, p95, p99 = (quantile(ordered, share) for share in (0.5, 0.9, 0.95, 0.99))
    return Spread(len(ordered), mean, p50, p90, p95, p99, low, high)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Give the value below which a share of ordered samples lies, between two of them linearly."""
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def bounds_of_p95(ordered: Sequence[float]) -> tuple[float | None, float | None]:
    """Bound the 95th percentile with 95 % confidence by two of the ordered samples themselves.

    How many samples lie below it is binomial, whatever they are spread like (David and Nagaraja,
    Order Statistics, 7.1). The upper bound is None where even the largest sample may lie below it.
    """
    number = len(ordered)
    low = high = None
    below = 0.0  # the probability that at most `rank` samples lie below the percentile
    for rank in range(number + 1):
        chance = _binomial(number, rank, 0.95)
        if below <= TAIL < below + chance and rank > 0:
            low = ordered[rank - 1]
        below += chance
        if below >= 1 - TAIL and rank < number:
            high = ordered[rank]
            break
    return low, high


def _binomial(number: int, count: int, share: float) -> float:
    ways = math.lgamma(number + 1) - math.lgamma(count + 1) - math.lgamma(number - count + 1)
    return math.exp(ways + count * math.log(share) + (number - count) * math.log(1 - share))
