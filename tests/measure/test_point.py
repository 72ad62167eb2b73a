"""Percentiles, and the bounds that a number of samples gives them."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.measure.load import ENOUGH, LEAST
from deployer.measure.point import bounds_of_p95, quantile, spread
from tests.volume import scaled


@scaled(10)
@given(st.lists(st.floats(0.001, 1e6), min_size=2, max_size=60))
def test_percentiles_are_those_of_numpy_and_of_statistics(samples: list[float]) -> None:
    cuts = statistics.quantiles(samples, n=100, method="inclusive")
    for share in (50, 90, 95, 99):
        assert quantile(sorted(samples), share / 100) == pytest.approx(cuts[share - 1])


@pytest.mark.parametrize("number", [ENOUGH, 72, LEAST, 200, 1000])
def test_the_bounds_hold_with_the_confidence_that_is_claimed(number: int) -> None:
    ordered = [float(each) for each in range(number)]
    low, high = bounds_of_p95(ordered)

    def at_most(count: int) -> float:
        """Give the probability that at most so many samples lie below the percentile."""
        parts = (math.comb(number, k) * 0.95**k * 0.05 ** (number - k) for k in range(count + 1))
        return math.fsum(parts)

    assert low is not None
    assert at_most(int(low)) <= 0.025 < at_most(int(low) + 1)
    assert (high is None) == (0.95**number > 0.025)
    if high is not None:
        assert at_most(int(high)) >= 0.975
        assert at_most(int(high) - 1) < 0.975


def test_fifty_nine_samples_are_the_fewest_whose_largest_lies_above_a_p95() -> None:
    assert 1 - 0.95**ENOUGH >= 0.95
    assert 1 - 0.95 ** (ENOUGH - 1) < 0.95


def test_pieces_of_one_stream_bound_nothing_and_no_samples_are_no_spread() -> None:
    found = spread([1.0] * 500, independent=False)
    assert found is not None
    assert (found.count, found.low, found.high) == (500, None, None)
    assert spread([]) is None
