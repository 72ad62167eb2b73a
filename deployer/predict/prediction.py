"""A prediction: how fast, for how much, and how far off that has been found to be."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.facts.prices import Prices
from deployer.predict.question import Question, Workload
from deployer.release import Release

MANY = 32
"""Requests at a time from which on the narrower band was found."""

HELD_AGAINST = (
    "held against published runs of GLM-5 and GLM-5.1 (FP8) on 8 B200 with SGLang: with 32 "
    "requests at a time those had 0.78 to 1.32 times the predicted tokens a second, and with one "
    "at a time each token took up to 2.3 times as long as predicted; first tokens came after 0.57 "
    "to 1.65 times the predicted time; other models, GPUs and workloads were not held against "
    "anything"
)
"""Sources: lambda.ai/inference-models/zai-org/glm-5.1 (1,345 and 1,265 tokens a second with
8,192/2,048 tokens, where 1,017 without and 1,615 with speculation are predicted; first tokens after
1.07 and 1.32 s, where 1.87 and 1.92 s are predicted), and a gist of BenHamm of 2026-02-13 (20.2 and
7.69 ms a token and a first token after 246 ms with 1,024/1,024 tokens, where 9.47, 3.41 and 149 ms
are predicted). Predicted by aiconfigurator 0.12.0, TP 8, BF16 cache."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A predicted figure, and between what it may really be as far as was found."""

    predicted: float
    at_least: float
    at_most: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a predictor said, for one replica: milliseconds, output tokens a second of all requests.

    ``running`` is how many requests it reckoned with, ``tables`` the engine release that its tables
    were measured with, ``measured`` how many of ``operations`` are from tables and not from
    formulas. ``weights`` and ``cache`` are the dtypes that it took. ``notes`` is what it said.
    """

    first_token: float
    each_token: float
    throughput: float
    running: float
    tables: str
    weights: str
    cache: str
    measured: int
    operations: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """How fast a release would serve a workload, nothing of it measured.

    Times are in milliseconds; ``throughput`` is output tokens a second of one container, and
    ``million`` the dollars of a million output tokens with the input that they need, None off
    Modal and without a price.
    """

    name: str
    tool: str
    engine: str
    workload: Workload
    question: Question
    answer: Answer
    running: float
    first_token: Figure
    each_token: Figure
    throughput: Figure
    million: Figure | None
    prices: Prices | None
    band: str
    notes: tuple[str, ...]


def prediction(
    release: Release, workload: Workload, asked: Question, answer: Answer, tool: str, prices: Prices
) -> Prediction:
    """Put an answer beside what it was found to be worth."""
    running = answer.running * asked.replicas
    per_second = answer.throughput * asked.replicas
    slowest = 0.78 if running >= MANY else 1 / 2.3
    throughput = Figure(per_second, per_second * slowest, per_second * 1.32)
    hourly = prices.gpus_hour(release.hardware.gpu, release.hardware.count)
    million = _million(hourly, throughput) if release.modal is not None and hourly else None
    return Prediction(
        name=release.name,
        tool=tool,
        engine=release.engine.version,
        workload=workload,
        question=asked,
        answer=answer,
        running=running,
        first_token=_times(answer.first_token, 0.57, 1.65),
        each_token=_times(answer.each_token, 1 / 1.32, 1 / slowest),
        throughput=throughput,
        million=million,
        prices=None if million is None else prices,
        band=HELD_AGAINST,
        notes=(*_other_release(release, answer), *asked.notes, *answer.notes),
    )


def _times(predicted: float, least: float, most: float) -> Figure:
    return Figure(predicted, predicted * least, predicted * most)


def _million(hourly: float, throughput: Figure) -> Figure | None:
    """Give the dollars of a million output tokens; more tokens a second, fewer dollars."""
    if throughput.predicted <= 0:
        return None
    dollars = [
        hourly / 3600 / rate * 1e6
        for rate in (throughput.predicted, throughput.at_most, throughput.at_least)
    ]
    return Figure(*dollars)


def _other_release(release: Release, answer: Answer) -> tuple[str, ...]:
    if answer.tables == release.engine.version:
        return ()
    said = f"the tables are of SGLang {answer.tables}, the profile pins {release.engine.version}"
    return (said,)
