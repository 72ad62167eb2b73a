"""What chance alone does to shares: intervals, and how likely a difference is."""

from __future__ import annotations

import math

Z95 = 1.959964
"""The normal distribution's quantile at 97.5 %."""


def wilson(right: int, asked: int) -> tuple[float, float]:
    """Bound a share with 95 % confidence (Wilson 1927); 0 to 1 where nobody was asked."""
    if asked == 0:
        return 0.0, 1.0
    share, weight = right / asked, Z95**2 / asked
    middle = (share + weight / 2) / (1 + weight)
    half = Z95 / (1 + weight) * math.sqrt(share * (1 - share) / asked + weight / (4 * asked))
    return max(0.0, middle - half), min(1.0, middle + half)


def fisher(right: int, asked: int, right_before: int, asked_before: int) -> float:
    """Give the probability of so low a share, or a lower one, if nothing has changed.

    Fisher's exact test of two shares, one-sided: of all ways to draw ``asked`` from both, those
    with at most ``right`` right ones.
    """
    total, rights = asked + asked_before, right + right_before
    ways = math.comb(total, asked)
    least = max(0, rights - asked_before)
    found = (
        math.comb(rights, count) * math.comb(total - rights, asked - count)
        for count in range(least, right + 1)
    )
    return sum(found) / ways


def at_most(failed: int, asked: int) -> float:
    """Give the share above which ``failed`` or fewer of ``asked`` are less likely than 5 %.

    The one-sided bound of Clopper and Pearson (1934), by bisection.
    """
    if asked == 0 or failed >= asked:
        return 1.0
    low, high = failed / asked, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _cumulated(failed, asked, middle) > 0.05:  # noqa: PLR2004 - 95 % confidence
            low = middle
        else:
            high = middle
    return high


def _cumulated(most: int, number: int, share: float) -> float:
    return math.fsum(
        math.comb(number, count) * share**count * (1 - share) ** (number - count)
        for count in range(most + 1)
    )
