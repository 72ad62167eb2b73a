"""The metrics of a server: names as Prometheus asks for, and a text that is read again."""

from __future__ import annotations

import math
import re

import pytest

from deployer import metrics
from deployer.exposition import read
from deployer.metrics import METRICS, Meter, Metric

NAME = re.compile(r"deployer_[a-z]+(_[a-z]+)*")
ABBREVIATED = re.compile(r"_(s|ms|sec|secs|min|kb|mb|gb|milliseconds|percent)(_|$)")
UNITS = ("_seconds", "_bytes")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_follow_the_rules(metric: Metric) -> None:
    assert NAME.fullmatch(metric.name)
    assert not ABBREVIATED.search(metric.name)
    assert metric.name.endswith("_total") == (metric.kind == metrics.COUNTER)
    assert metric.kind in {metrics.COUNTER, metrics.GAUGE, metrics.HISTOGRAM}
    assert bool(metric.buckets) == (metric.kind == metrics.HISTOGRAM)
    assert not metric.buckets or metric.name.endswith(UNITS)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.help.endswith(".")
    assert "\n" not in metric.help
    assert not {"le", "quantile", "job", "instance"} & {*metric.labels}


def test_no_name_stands_twice() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_what_was_counted_is_read_again() -> None:
    meter = Meter()
    meter.set(metrics.READY, 1)
    meter.set(metrics.INFO, 1, 'a"b\\c\nd', "m", "e")
    for _ in range(3):
        meter.add(metrics.REQUESTS, "/v1/chat/completions", "200")
    for took in (0.01, 0.3, 70):
        meter.observe(metrics.FIRST, took)
    samples = read(meter.text())
    told = {(each.name, *each.labels.values()): each.value for each in samples}

    assert told["deployer_ready",] == 1
    assert told["deployer_info", 'a"b\\c\nd', "m", "e"] == 1
    assert told["deployer_requests_total", "/v1/chat/completions", "200"] == 3
    assert told[metrics.RESTARTS.name,] == 0
    assert [v for (name, *_), v in told.items() if name == f"{metrics.FIRST.name}_bucket"] == [
        sum(took <= bound for took in (0.01, 0.3, 70))
        for bound in (*metrics.FIRST.buckets, math.inf)
    ]
    assert told[f"{metrics.FIRST.name}_count",] == 3
    assert told[f"{metrics.FIRST.name}_sum",] == pytest.approx(70.31)


def test_what_was_never_set_is_not_written() -> None:
    text = Meter().text()

    assert "deployer_ready" not in text
    assert "deployer_requests_total" not in text
    assert text.endswith("\n")


def test_labels_must_be_those_of_the_name() -> None:
    meter = Meter()
    meter.add(metrics.REQUESTS, "/health")
    with pytest.raises(ValueError, match="shorter"):
        meter.text()
