"""A band holds what was published, and stands only near what was published."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from deployer.cli.reading import read_release
from deployer.facts.prices import SHIPPED
from deployer.predict.aiconfigurator import Tool
from deployer.predict.held import RUNS, Figures, Run
from deployer.predict.predict import predict
from deployer.predict.prediction import Figure, Prediction
from deployer.predict.question import Workload
from deployer.release import Release

RELEASES = {
    "B200": read_release("profiles/b200-fp8-eagle.yaml"),
    "H200": read_release("profiles/h200-fallback.yaml"),
}
READINGS = [
    (run, drafted)
    for run in RUNS
    for drafted in (False, True)
    if (run.drafted if drafted else run.plain) is not None
]


def predicted(run: Run, *, drafted: bool) -> Prediction:
    """Predict a published run, with the figures that the real package gives for it."""
    figures = run.drafted if drafted else run.plain
    assert figures is not None
    length = run.workload.accept_length if drafted else None
    release, asked = RELEASES[run.gpu], replace(run.workload, accept_length=length)
    return predict(release, asked, SHIPPED, answering(figures, asked))


def answering(figures: Figures, asked: Workload) -> Tool:
    def estimate(**given: Any) -> SimpleNamespace:
        running = min(asked.concurrency, given["batch_size"])
        return SimpleNamespace(
            ttft=figures.first_token, tpot=figures.each_token, backend_version="0.5.14",
            tokens_per_second=figures.throughput, concurrency=running, raw={},
            per_ops_source={}, kv_cache_warning=None,
        )  # fmt: skip

    return Tool("aiconfigurator 0.12.0", estimate, frozenset({"zai-org/GLM-5.1-FP8"}))


def test_there_are_runs_of_both_gpus_to_hold_against() -> None:
    assert {run.gpu for run, _ in READINGS} == {"B200", "H200"}
    assert len(READINGS) == 10


@pytest.mark.parametrize(("run", "drafted"), READINGS)
def test_what_was_published_lies_within_the_band(run: Run, *, drafted: bool) -> None:
    found = predicted(run, drafted=drafted)

    held = [
        (found.first_token, run.seen.first_token),
        (found.each_token, run.seen.each_token),
        (found.throughput, run.seen.throughput),
    ]
    assert any(seen is not None for _, seen in held)
    for figure, seen in held:
        if seen is not None:
            assert figure.at_least is not None
            assert figure.at_most is not None
            assert figure.at_least - 1e-6 <= seen <= figure.at_most + 1e-6
            assert figure.at_least <= figure.predicted <= figure.at_most
    assert run.source in found.band


def test_a_hundred_requests_on_h200_as_the_cookbook_had_them() -> None:
    """Half of the predicted tokens a second, and a wait that is no part of the prediction."""
    run = next(one for one in RUNS if one.gpu == "H200" and one.workload.concurrency == 100)
    found = predicted(run, drafted=True)

    assert found.throughput.at_least == pytest.approx(1215)
    assert found.throughput.at_most == found.throughput.predicted == pytest.approx(2647.5)
    assert found.each_token.at_least == found.each_token.predicted == pytest.approx(17.797)
    assert found.each_token.at_most == pytest.approx(38.7)
    assert (found.first_token.at_least, found.first_token.at_most) == (None, None)
    assert any("wait is not in the time to the first token" in note for note in found.notes)


@pytest.mark.parametrize(
    "load",
    [Workload(4000, 1000, 32), Workload(1024, 1024, 3), Workload(2100, 1024, 1),
     Workload(1024, 500, 1)],
)  # fmt: skip
def test_far_from_what_was_published_there_is_no_band(load: Workload) -> None:
    found = predict(RELEASES["B200"], load, SHIPPED, answering(Figures(100, 10, 100), load))

    for figure in (found.first_token, found.each_token, found.throughput):
        assert (figure.at_least, figure.at_most) == (None, None)
    assert found.band.startswith("none: no published run near this")
    assert "8,192 in, 2,048 out, 32 at a time" in found.band


@pytest.mark.parametrize(
    "other",
    [
        replace(RELEASES["H200"], hardware=replace(RELEASES["H200"].hardware, gpu="H100")),
        replace(
            RELEASES["B200"],
            model=replace(RELEASES["B200"].model, repo="Qwen/Qwen3-8B"),
        ),
    ],
    ids=["another GPU", "another model"],
)
def test_one_gpus_runs_say_nothing_of_anothers(other: Release) -> None:
    load = Workload(1024, 1024, 1)
    tool = replace(
        answering(Figures(100, 10, 100), load),
        models=frozenset({"zai-org/GLM-5.1-FP8", "Qwen/Qwen3-8B"}),
    )
    found = predict(other, load, SHIPPED, tool)

    assert found.throughput == Figure(100)
    assert found.band.endswith("nor one of this model on these GPUs, divided in this way")
