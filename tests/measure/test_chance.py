"""Intervals and probabilities, against published values and by counting."""

from __future__ import annotations

import itertools

import pytest

from deployer.measure.chance import at_most, fisher, wilson


@pytest.mark.parametrize(
    ("right", "asked", "low", "high"),
    # Newcombe 1998, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
     (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_is_as_published(right: int, asked: int, low: float, high: float) -> None:
    assert list(wilson(right, asked)) == pytest.approx([low, high], abs=1e-4)


def test_nobody_asked_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert at_most(0, 0) == 1.0


def test_fisher_is_the_share_of_draws_that_are_as_low() -> None:
    marks = [True] * 6 + [False] * 3  # 2 of 4 right now, 4 of 5 before
    draws = list(itertools.combinations(range(9), 4))
    low = sum(sum(marks[at] for at in draw) <= 2 for draw in draws)
    assert fisher(2, 4, 4, 5) == pytest.approx(low / len(draws))


def test_fisher_of_the_lady_who_tasted_tea() -> None:
    assert fisher(1, 4, 3, 4) == pytest.approx(17 / 70)
    assert fisher(0, 4, 4, 4) == pytest.approx(1 / 70)
    assert fisher(82, 82, 82, 82) == 1


def test_no_failure_in_299_shows_a_rate_below_a_hundredth_and_in_298_does_not() -> None:
    assert at_most(0, 299) < 0.01 < at_most(0, 298)
    assert at_most(5, 5) == 1
    assert at_most(1, 20) == pytest.approx(0.2161, abs=1e-4)  # Clopper and Pearson, one-sided
