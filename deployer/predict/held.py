"""Published runs that the predictor was held against, and how far off it was found near them.

A band stands only where something was measured: on the same GPUs, with a model of the same shape
divided in the same way, and under a load near the one that is asked about. Elsewhere a figure has
no band.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deployer.predict.question import Question, Workload

NEAR = 2.0
"""How far a load may lie from a published one: prompt, answer and concurrency each at most twice
as large, or half as large. A choice of ours, not a finding: between loads nobody measured."""

FAMILY = frozenset({"zai-org/glm-5-fp8", "zai-org/glm-5.1-fp8"})
"""The models of the runs below; both have the same shapes (their `config.json`)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A first token and each token after in milliseconds, output tokens a second of all requests.

    None is what the source does not say.
    """

    first_token: float | None = None
    each_token: float | None = None
    throughput: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One published run on 8 GPUs, TP 8, FP8 weights, and what is predicted for it.

    ``plain`` is predicted without speculation, ``drafted`` with it: where the source does not say
    which it used, the run holds both ways, and where it does, the other is None. ``predicted`` by
    aiconfigurator 0.12.0 for the shipped profile of the GPU.
    """

    gpu: str
    workload: Workload
    seen: Figures
    plain: Figures | None
    drafted: Figures | None
    source: str


GIST = "gist of BenHamm, 2026-02-13"
LAMBDA = "lambda.ai/inference-models/zai-org"
COOKBOOK = "sgl-cookbook, GLM-5.1, 5.1 (2026-04-08)"

RUNS = (
    Run(
        gpu="B200",
        workload=Workload(1024, 1024, 1),
        seen=Figures(first_token=246, each_token=20.22),
        plain=Figures(148.8, 9.47, 104.8),
        drafted=None,
        source=GIST,
    ),
    Run(
        gpu="B200",
        workload=Workload(1024, 1024, 1, 3.52),
        seen=Figures(first_token=246, each_token=7.69),
        plain=None,
        drafted=Figures(148.8, 3.411, 286.8),
        source=GIST,
    ),
    Run(
        gpu="B200",
        workload=Workload(8192, 2048, 32, 3.5),
        seen=Figures(first_token=1070, throughput=1345),
        plain=Figures(1874.4, 30.709, 1016.7),
        drafted=Figures(1914.8, 19.071, 1614.6),
        source=f"{LAMBDA}/glm-5.1",
    ),
    Run(
        gpu="B200",
        workload=Workload(8192, 2048, 32, 3.5),
        seen=Figures(first_token=1320, throughput=1265),
        plain=Figures(1874.4, 30.709, 1016.7),
        drafted=Figures(1914.8, 19.071, 1614.6),
        source=f"{LAMBDA}/glm-5.1",
    ),
    Run(
        gpu="B200",
        workload=Workload(8192, 1024, 32, 3.5),
        seen=Figures(throughput=700),
        plain=Figures(1874.0, 37.886, 812.1),
        drafted=Figures(1913.6, 26.33, 1152.0),
        source=f"{LAMBDA}/glm-5",
    ),
    Run(
        gpu="H200",
        workload=Workload(610, 422, 1, 3.48),
        seen=Figures(first_token=291, each_token=7.54, throughput=118),
        plain=None,
        drafted=Figures(156.9, 3.928, 242.5),
        source=COOKBOOK,
    ),
    Run(
        gpu="H200",
        workload=Workload(502, 500, 100, 3.5),
        seen=Figures(each_token=38.7, throughput=1215),
        plain=None,
        drafted=Figures(388.2, 17.797, 2647.5),
        source=COOKBOOK,
    ),
)
"""Sources beside the runs. The first token of the last came after 20.6 s: most of that is a wait
for a place among the running requests, which is not predicted."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What was seen as a multiple of what is predicted, least and most; 1 is always within."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Held:
    """The published runs near a question; without any there is no band."""

    runs: tuple[Run, ...]
    drafted: bool

    def spread(self, figure: Callable[[Figures], float | None]) -> Spread | None:
        """Give how far off one figure was found, or None where nobody measured it."""
        ratios = [ratio for run in self.runs if (ratio := self._ratio(run, figure)) is not None]
        return Spread(min(1.0, *ratios), max(1.0, *ratios)) if ratios else None

    def _ratio(self, run: Run, figure: Callable[[Figures], float | None]) -> float | None:
        predicted = run.drafted if self.drafted else run.plain
        seen, said = figure(run.seen), figure(predicted) if predicted is not None else None
        return seen / said if seen is not None and said else None


def held(asked: Question, workload: Workload) -> Held:
    """Find the published runs near what is asked."""
    return Held(tuple(run for run in _of_the_kind(asked) if _near(run, workload)), _drafted(asked))


def others(asked: Question, workload: Workload) -> tuple[Run, ...]:
    """Give the runs of the same kind under other loads, for the reader to judge."""
    return tuple(run for run in _of_the_kind(asked) if not _near(run, workload))


def loads(runs: Iterable[Run]) -> str:
    """Say the loads of runs: `1,024 in, 1,024 out, 1 at a time`, each once."""
    said = (
        f"{one.inputs:,} in, {one.outputs:,} out, {one.concurrency} at a time"
        for one in (run.workload for run in runs)
    )
    return "; ".join(dict.fromkeys(said))


def _of_the_kind(asked: Question) -> tuple[Run, ...]:
    divided = (asked.tensor, asked.pipeline, asked.ranks, asked.experts, asked.replicas)
    if asked.repo.lower() not in FAMILY or divided != (8, 1, 1, 1, 1):
        return ()
    drafted = _drafted(asked)
    return tuple(
        run
        for run in RUNS
        if run.gpu == asked.gpu and (run.drafted if drafted else run.plain) is not None
    )


def _drafted(asked: Question) -> bool:
    return asked.drafts > 0


def _near(run: Run, workload: Workload) -> bool:
    pairs = (
        (run.workload.inputs, workload.inputs),
        (run.workload.outputs, workload.outputs),
        (run.workload.concurrency, workload.concurrency),
    )
    return all(1 / NEAR <= one / other <= NEAR for one, other in pairs)
