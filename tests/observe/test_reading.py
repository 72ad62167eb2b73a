"""Prometheus' text, and the numbers out of one look or two: real text of the engine among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.exposition import NotMetricsError, Sample, read
from deployer.observe.reading import Look, largest, mean, percentiles, rate, total
from deployer.observe.snapshot import snapshot

ENGINE = Path("tests/data/metrics/sglang-0.5.23.txt")


def look(text: str, at: float = 0) -> Look:
    return Look(at, read(text))


def test_a_text_is_read() -> None:
    text = (
        "# HELP a Something.\n# TYPE a counter\n"
        'a{x="1",y="a \\"b\\" \\\\ c\\n}",} 2.5e3 1795945227182\n\nb +Inf\n'
    )

    assert read(text) == (
        Sample("a", {"x": "1", "y": 'a "b" \\ c\n}'}, 2500.0),
        Sample("b", {}, float("inf")),
    )


@pytest.mark.parametrize("text", ["<html>", "a", "a{x=1} 2", 'a{x="1"', "a two", '{"a": 1}'])
def test_what_is_no_metric_is_told_by_its_line(text: str) -> None:
    with pytest.raises(NotMetricsError, match="line 2 is no sample of a metric"):
        read(f"b 1\n{text}\n")


def test_ranks_of_one_replica_count_once_and_replicas_are_added() -> None:
    seen = look(
        'a{dp_rank="0",tp_rank="0"} 3\na{dp_rank="0",tp_rank="1"} 2\na{dp_rank="1",tp_rank="2"} 4\n'
    )

    assert (total(seen, "a"), largest(seen, "a"), mean(seen, "a")) == (7, 4, 3.5)
    assert (total(seen, "b"), largest(seen, "b"), mean(seen, "b")) == (None, None, None)


def test_a_share_of_nothing_is_not_told() -> None:
    assert mean(look("a 0\n"), "a") is None


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("a 5\n", "a 25\n", 2.0),
        ("a 5\n", "a 5\n", 0.0),
        ("b 5\n", "a 5\n", 0.5),
        ("a 50\n", "a 5\n", 0.5),  # set back: somebody was started again
        ("a 5\n", "b 5\n", None),
    ],
)
def test_a_rate_is_between_two_looks(before: str, now: str, told: float | None) -> None:
    assert rate(look(now, 20), look(before, 10), "a") == told


def test_there_is_no_rate_without_time() -> None:
    assert rate(look("a 5\n"), None, "a") is None
    assert rate(look("a 5\n", 10), look("a 1\n", 10), "a") is None


def buckets(*counts: float) -> str:
    bounds = ("0.1", "0.5", "1", "+Inf")
    return "".join(f'a_bucket{{le="{b}"}} {c}\n' for b, c in zip(bounds, counts, strict=True))


@pytest.mark.parametrize(
    ("counts", "share", "told"),
    [
        ((0, 10, 10, 10), 0.5, 0.3),  # evenly spread between 0.1 and 0.5
        ((10, 10, 10, 10), 0.9, 0.09),
        ((2, 4, 8, 8), 0.75, 0.75),
        ((0, 0, 5, 10), 0.99, 1.0),  # above the last bound
    ],
)
def test_percentiles_are_those_of_histogram_quantile(
    counts: tuple[float, ...], share: float, told: float
) -> None:
    assert percentiles(look(buckets(*counts)), None, "a", [share]) == pytest.approx((told,))


def test_percentiles_are_about_what_came_between() -> None:
    before, now = look(buckets(90, 90, 90, 90)), look(buckets(90, 90, 100, 100), 1)
    again = look(buckets(0, 10, 10, 10), 2)

    assert percentiles(now, before, "a", [0.5]) == pytest.approx((0.75,))
    assert percentiles(now, now, "a", [0.5]) is None
    assert percentiles(again, now, "a", [0.5]) == pytest.approx((0.3,))


def test_the_text_of_the_engine_is_understood() -> None:
    told = snapshot(look(ENGINE.read_text()))

    assert (told.window, told.output_per_second) == (None, None)
    assert (told.running, told.queued, told.kv_tokens) == (0, 0, 16384)
    assert (told.accept_length, told.ready) == (None, None)  # no speculation, and no door
    assert told.first_token is not None
    assert 0.01 < told.first_token.p50 < told.first_token.p90 < told.first_token.p99 < 5
    assert told.inter_token is not None
    assert told.request is not None
    assert told.inter_token.p50 < told.first_token.p50 < told.request.p50
