"""A prediction: how fast, for how much, and how far off that was found to be near it."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.facts.prices import Prices
from deployer.plan.cost import container_hour
from deployer.predict.held import Held, Run, Spread, held, loads, others
from deployer.predict.question import Question, Workload
from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Figure:
    """A predicted figure, and between what near loads were really found.

    Both ends are None where nothing near was ever measured: then nobody knows.
    """

    predicted: float
    at_least: float | None = None
    at_most: float | None = None


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
    near = held(asked, workload)
    throughput = _figure(
        answer.throughput * asked.replicas, near.spread(lambda one: one.throughput)
    )
    waits = running < workload.concurrency
    first = None if waits else near.spread(lambda one: one.first_token)
    modal = release.modal
    hourly = None if modal is None else container_hour(release, modal, prices)
    million = _million(hourly, throughput) if hourly else None
    return Prediction(
        name=release.name,
        tool=tool,
        engine=release.engine.version,
        workload=workload,
        question=asked,
        answer=answer,
        running=running,
        first_token=_figure(answer.first_token, first),
        each_token=_figure(answer.each_token, near.spread(lambda one: one.each_token)),
        throughput=throughput,
        million=million,
        prices=None if million is None else prices,
        band=_band(near, others(asked, workload)),
        notes=(*_other_release(release, answer), *asked.notes, *answer.notes),
    )


def _figure(predicted: float, spread: Spread | None) -> Figure:
    if spread is None:
        return Figure(predicted)
    return Figure(predicted, predicted * spread.least, predicted * spread.most)


def _million(hourly: float, throughput: Figure) -> Figure | None:
    """Give the dollars of a million output tokens; more tokens a second, fewer dollars."""
    if throughput.predicted <= 0:
        return None

    def dollars(rate: float | None) -> float | None:
        return hourly / 3600 / rate * 1e6 if rate else None

    predicted = hourly / 3600 / throughput.predicted * 1e6
    return Figure(predicted, dollars(throughput.at_most), dollars(throughput.at_least))


def _band(near: Held, elsewhere: tuple[Run, ...]) -> str:
    """Say what the bands rest on, or that there are none, and what was measured elsewhere."""
    if near.runs:
        sources = ", ".join(dict.fromkeys(run.source for run in near.runs))
        count = len(near.runs)
        runs = "1 published run" if count == 1 else f"{count} published runs"
        found = f"what was found in {runs} near this"
        return f"from the predicted to {found}: {loads(near.runs)} ({sources})"
    none = "none: no published run near this was found to hold the figures against"
    if elsewhere:
        return f"{none}; other loads on these GPUs were: {loads(elsewhere)}"
    return f"{none}, nor one of this model on these GPUs, divided in this way"


def _other_release(release: Release, answer: Answer) -> tuple[str, ...]:
    if answer.tables == release.engine.version:
        return ()
    said = f"the tables are of SGLang {answer.tables}, the profile pins {release.engine.version}"
    return (said,)
