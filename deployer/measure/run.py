"""A run of loads over one endpoint: what was measured, of what, when, and by what."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.measure.load import Bounds, Load
from deployer.measure.point import Point

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.measure.tool import Tool
    from deployer.observe.reading import Look
    from deployer.verify.endpoint import Endpoint

FORMAT = 1
"""Raised when who reads a run that was kept would have to change."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a prediction said of a load: milliseconds, output tokens a second of a container."""

    concurrency: int
    first_token: float
    each_token: float
    throughput: float


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured.

    ``digest`` is the release's, '' for an endpoint of which only its URL is known. ``hardware`` is
    in words. ``started`` is in seconds since the epoch. ``expected`` is what was predicted, and
    ``unexpected`` why nothing was.
    """

    name: str
    digest: str
    model: str
    engine: str
    image: str
    hardware: str
    tool: str
    started: float
    points: tuple[Point, ...]
    expected: tuple[Expected, ...] = ()
    unexpected: str = ""
    notes: tuple[str, ...] = ()
    format_version: int = FORMAT

    @property
    def failed(self) -> int:
        """How many requests failed in all points."""
        return sum(point.failed for point in self.points)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom to measure: the endpoint, what is known of it, and the dollars of an hour if known."""

    endpoint: Endpoint
    name: str
    digest: str = ""
    engine: str = ""
    image: str = ""
    hardware: str = ""
    hourly: float | None = None


OnProgress = Callable[[Load, int], None]
"""Called with the load that runs and how many of its requests are done."""


def measure(  # noqa: PLR0913 - whom, with what, how
    subject: Subject,
    loads: Sequence[Load],
    tool: Tool,
    tokenizer: Path,
    *,
    bounds: Bounds,
    on_progress: OnProgress,
    on_point: Callable[[Point], None],
    environ: Mapping[str, str] = os.environ,
    now: Callable[[], float] = time.time,
) -> Run:
    """Put one load after the other on the endpoint; ``on_point`` hears of each that is measured.

    Raises Failure where a load could not be put on it, or not one of its requests was answered, and
    what the endpoint's guard raises.
    """
    from deployer.measure.reading import to_point  # noqa: PLC0415 - who reads a run needs none
    from deployer.measure.watch import Watch  # noqa: PLC0415 - as above

    endpoint = subject.endpoint
    model = endpoint.model or served_name(endpoint)
    started = now()
    points = []
    for load in loads:
        with Watch(_look(endpoint)) as watch:
            progress = partial(_tell, on_progress, load)
            found = tool.measure(endpoint, model, tokenizer, load, progress, environ)
        point = to_point(
            found, load, endpoint, bounds=bounds, told=watch.told(), hourly=subject.hourly
        )
        if not point.completed:
            message = f"not one of {point.failed} requests was answered ({load.label})"
            hint = point.faults[0] if point.faults else "`deployer verify` looks closer"
            raise Failure(message, hint=hint)
        points.append(point)
        on_point(point)
    return Run(
        name=subject.name,
        digest=subject.digest,
        model=model,
        engine=subject.engine,
        image=subject.image,
        hardware=subject.hardware,
        tool=tool.name,
        started=started,
        points=tuple(points),
    )


def served_name(endpoint: Endpoint) -> str:
    """Give the first model that the endpoint lists. Raises Failure where it lists none."""
    from deployer.verify.context import open_context  # noqa: PLC0415 - brings the SDK
    from deployer.verify.probes.models import listed  # noqa: PLC0415 - as above
    from deployer.verify.run import MAX_TOKENS, TIMEOUT  # noqa: PLC0415 - as above
    from deployer.verify.trouble import explain  # noqa: PLC0415 - as above

    with open_context(endpoint, model="", timeout=TIMEOUT, max_tokens=MAX_TOKENS) as context:
        try:
            return listed(context)[0]
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no list
            broken = explain(error, endpoint, TIMEOUT)
            message, hint = endpoint.hide(broken.message), endpoint.hide(broken.hint)
    raise Failure(message, hint=hint)


def _tell(on_progress: OnProgress, load: Load, done: int, _all: int) -> None:
    on_progress(load, done)


def _look(endpoint: Endpoint) -> Callable[[], Look] | None:
    return looking_at(endpoint) if endpoint.metrics else None


def looking_at(endpoint: Endpoint) -> Callable[[], Look]:
    """Give what looks at an endpoint's metrics, with all that asking it takes."""
    from deployer.observe.ask import look  # noqa: PLC0415 - brings requests

    return partial(
        look,
        endpoint.url,
        endpoint.api_key or "",
        endpoint.guard,
        here=endpoint.here,
        more=endpoint.headers,
    )
