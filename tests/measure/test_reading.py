"""What the tool wrote, and what is made of it: its own figures, and what it counts wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.errors import Failure
from deployer.measure.load import Bounds
from deployer.measure.point import Spread
from deployer.measure.reading import Told, to_point
from tests.measure.made import ENDPOINT, KEY, LOAD, point, written

REAL = Path("tests/data/measure/serving-0.5.23.json")
"""What the tool wrote of 12 requests to the tiny model on the real engine, less its texts."""


def test_figures_are_those_of_the_tool() -> None:
    found = json.loads(REAL.read_text("utf-8"))
    read = to_point(found, LOAD, ENDPOINT, bounds=Bounds(), told=Told(), hourly=None)
    for spread, name in (
        (read.first_token, "ttft"),
        (read.between, "itl"),
        (read.each_token, "tpot"),
        (read.whole, "e2e_latency"),
    ):
        assert isinstance(spread, Spread)
        said = [found[f"{share}_{name}_ms"] for share in ("mean", "median", "p90", "p95", "p99")]
        ours = [spread.mean, spread.p50, spread.p90, spread.p95, spread.p99]
        assert ours == pytest.approx(said)
    assert read.output_rate == pytest.approx(found["output_throughput"])
    assert read.request_rate == pytest.approx(found["request_throughput"])
    assert (read.completed, read.failed, read.recounted) == (12, 0, False)
    assert read.input_tokens == sum(found["input_lens"]) != found["total_input_tokens"]


def test_an_answer_without_text_has_failed_whatever_the_tool_counts() -> None:
    read = point([0.1] * 8 + [0.0] * 2)
    assert (read.completed, read.failed, read.recounted) == (8, 2, True)
    assert read.first_token is not None
    assert read.first_token.p50 == pytest.approx(100)
    assert read.whole is not None
    assert read.whole.p50 == pytest.approx(140)
    assert read.each_token is not None
    assert read.each_token.p50 == pytest.approx(10)
    assert any("2 times: the answer had no text" in fault for fault in read.faults)


def test_failures_are_counted_told_once_and_without_the_key() -> None:
    trace = f"Traceback (most recent call last):\n  File x\nOSError: Bearer {KEY} refused"
    read = point([0.1] * 9, errors=(trace, trace))
    assert (read.completed, read.failed) == (9, 2)
    assert read.error_rate == pytest.approx(2 / 11)
    assert read.faults == ("OSError: Bearer [key] refused",)


def test_a_failure_is_told_by_its_error_and_not_by_a_note() -> None:
    opening = "Traceback (most recent call last):\n  File x\n"
    cause = f"{opening}KeyError: 1\n\nDuring handling of the above exception, another came:\n\n"
    assert point(errors=(f"{cause}{opening}OSError: two\nlines\nand a note\n",)).faults == (
        "OSError: two",
    )
    group = "  + Exception Group Traceback (most recent call last):\n  | ExceptionGroup: x (1)\n"
    assert point(errors=(f"{group}  +---- 1 ----\n    | OSError: y",)).faults == ("| OSError: y",)


def test_good_requests_are_those_within_all_bounds() -> None:
    read = point([0.1] * 6 + [0.3] * 2, bounds=Bounds(first_token=200, each_token=11))
    assert read.attained == pytest.approx(6 / 8)
    assert read.goodput == pytest.approx(3.0)
    assert point([0.1], bounds=Bounds(each_token=9)).attained == 0
    assert point([0.1], bounds=Bounds(whole=139)).attained == 0
    assert point([0.1]).goodput is None


def test_dollars_are_of_the_tokens_that_came() -> None:
    read = point([0.1] * 80, hourly=36.0)  # 200 tokens a second, a cent a second
    assert read.million == pytest.approx(50.0)


def test_an_engine_that_made_fewer_tokens_is_told() -> None:
    assert point(told=Told(generated=400)).faults == ()
    assert point(told=Told(generated=390)).faults != ()
    (fault,) = point(told=Told(generated=300)).faults
    assert "the engine counts 300 tokens, and the tool 400" in fault


@pytest.mark.parametrize("name", ["duration", "ttfts", "itls", "median_tpot_ms"])
def test_a_result_that_is_none_is_refused(name: str) -> None:
    found = written([0.1])
    del found[name]
    with pytest.raises(Failure, match="wrote what cannot be read"):
        to_point(found, LOAD, ENDPOINT, bounds=Bounds(), told=Told(), hourly=None)


def test_what_is_not_shown_of_the_faults_is_counted() -> None:
    three = point(errors=("a", "b", "c", "a")).faults
    assert three == ("a", "b", "c")
    five = point(errors=("a", "b", "c", "d", "e", "a")).faults
    assert five == ("a", "b", "c", "and 2 more faults that read differently")
