"""Whom a bench measures, with which tokenizer, and what becomes of the run."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cli.progress import PhaseLines
from deployer.cli.say import tell
from deployer.errors import DeployerError, Failure, UsageError
from deployer.event import Event
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployer.engine.environment import EngineEnvironment
    from deployer.measure.load import Bounds, Load
    from deployer.measure.point import Point
    from deployer.measure.run import Run, Subject
    from deployer.profile.sections.objectives import Objectives
    from deployer.release import Release
    from deployer.verify.endpoint import Endpoint

ELSEWHERE = "unnamed"
"""The name of what is measured at a URL alone: nothing is kept of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to measure, as it was asked for."""

    profile: str | None
    url: str | None
    model: str | None
    key_env: str | None
    tokenizer: str | None


def benched(asked: Asked, loads: Sequence[Load], bounds: Bounds) -> tuple[Run, Run | None]:
    """Measure, keep the run, and give it with the one before."""
    from deployer.apply.measured import last  # noqa: PLC0415 - only what the verb needs

    subject, release = subject_of(asked)
    run = measured(subject, release, asked.tokenizer, loads, bounds)
    if release is None:
        return run, None
    before = last(type(run), run.name, os.environ)
    kept(run)
    return run, before


def kept(run: Run) -> None:
    """Keep a run; that it could not be is said, and what was measured holds all the same."""
    from deployer.apply.measured import keep  # noqa: PLC0415 - only what the verb needs

    try:
        keep(run, os.environ)
    except Failure as failure:
        tell(f"What was measured could not be kept: {visible(failure.message)}.")


def subject_of(asked: Asked) -> tuple[Subject, Release | None]:
    """Find whom to measure; without a profile there is no release."""
    from deployer.cli.reaching import endpoint_at, reach, refuse_model  # noqa: PLC0415 - only here
    from deployer.measure.run import Subject  # noqa: PLC0415 - as above

    refuse_model(asked.profile, asked.model)
    if asked.url is None:
        if asked.profile is None:
            msg = "there is nothing to measure"
            raise UsageError(msg, hint="Give a PROFILE, the NAME of a deployment, or --url URL")
        reached = reach(asked.profile, asked.key_env)
        return of_release(reached.release, reached.endpoint), reached.release
    # Whoever answers there may serve anything, on anything: nothing of it is a release's.
    endpoint, _ = endpoint_at(asked.url, asked.profile, asked.model, asked.key_env)
    return Subject(endpoint, ELSEWHERE), None


def objectives_of(profile: str | None) -> Objectives | None:
    """Give what a profile's file is held to; None for a name, and where it states nothing."""
    if profile is None or not profile.endswith((".yaml", ".yml")):
        return None
    from deployer.cli.planning import read  # noqa: PLC0415 - only for a file

    return read(profile).case.profile.objectives


def bounds_of(stated: Objectives | None) -> Bounds:
    """Give what a good request stays within, by what is promised of 95 in 100."""
    from deployer.measure.load import Bounds  # noqa: PLC0415 - only what the verb needs

    first = stated.ttft_p95 if stated else None
    each = stated.itl_p95 if stated else None
    return Bounds(
        first_token=None if first is None else first * 1000,
        each_token=None if each is None else each * 1000,
    )


def of_release(release: Release, endpoint: Endpoint) -> Subject:
    """Say what is known of the endpoint of a release; of several shapes no price is known."""
    from deployer.measure.run import Subject  # noqa: PLC0415 - only what the verb needs

    return Subject(
        endpoint=endpoint,
        name=release.name,
        digest=release.digest(),
        engine=release.engine.version,
        image=release.engine.image,
        hardware=release.gpus if release.hardware.count else "a CPU",
        hourly=_hourly(release),
    )


def _hourly(release: Release) -> float | None:
    if release.modal is None or release.shapes:
        return None
    from deployer.cli.pricing import prices  # noqa: PLC0415 - only for money
    from deployer.plan.cost import container_hour  # noqa: PLC0415 - as above

    return container_hour(release, release.modal, prices())


def measured(
    subject: Subject,
    release: Release | None,
    tokenizer: str | None,
    loads: Sequence[Load],
    bounds: Bounds,
) -> Run:
    """Put the loads on the endpoint, telling how far they are, and predict the same."""
    from deployer.measure.run import measure, served_name  # noqa: PLC0415 - only what is needed
    from deployer.measure.tool import Tool  # noqa: PLC0415 - as above

    engine = tool_environment()
    with tempfile.TemporaryDirectory(prefix="deployer-tokenizer-") as name, PhaseLines() as lines:
        folder = _tokenizer(tokenizer, release, Path(name))
        if subject.endpoint.model:
            served_name(subject.endpoint)  # whoever does not answer is told before the tool waits
        first = _shape(release, subject.endpoint)
        started = time.monotonic()

        def on_progress(load: Load, done: int) -> None:
            said = f"{load.label}: {done} of {load.requests} requests"
            lines.tell(Event(time.time(), "bench", "progress", said, time.monotonic() - started))

        def on_point(point: Point) -> None:
            said = f"{point.load.label}: {point.output_rate:,.0f} tokens a second"
            lines.tell(Event(time.time(), "bench", "done", said, point.seconds))

        run = measure(
            subject,
            loads,
            Tool(engine),
            folder,
            bounds=bounds,
            on_progress=on_progress,
            on_point=on_point,
        )
    if first:
        last = _shape(release, subject.endpoint)
        said = f"{first} answered before the load, and {last} after it; nobody else was asked"
        run = replace(run, notes=(*run.notes, said))
    return _with_prediction(run, release)


def _shape(release: Release | None, endpoint: Endpoint) -> str:
    """Ask a container of several shapes which one it is; '' where there is but one."""
    if release is None or not release.shapes:
        return ""
    from deployer.apply.modal.drift import told_release  # noqa: PLC0415 - imports Modal's client

    try:
        _, shape = told_release(endpoint.url, endpoint.headers)
    except Failure as failure:
        return f"a shape that is not known ({failure.message})"
    return shape or "a shape that was not told"


def tool_environment() -> EngineEnvironment:
    """Find the environment that the tool lies in, the newest. Raises Failure without one."""
    from deployer.engine.environment import ENGINES, locate  # noqa: PLC0415 - only what is needed

    version = list(ENGINES)[-1]
    found = locate(version)
    if found is None:
        message = "the load is driven by SGLang's own benchmark, which is not installed here"
        hint = f"`deployer engine install {version}` installs it with the engine (1.6 GB)"
        raise Failure(message, hint=hint)
    return found


def _tokenizer(given: str | None, release: Release | None, into: Path) -> Path:
    """Put the model's tokenizer into a folder: the one that was named, or the profile's."""
    from deployer.apply.hub import fetch  # noqa: PLC0415 - only what the verb needs
    from deployer.engine.model import tiny_model  # noqa: PLC0415 - as above
    from deployer.measure.tokenizer import FILES, copied, disarmed  # noqa: PLC0415 - as above

    if given is not None and Path(given).is_dir():
        return copied(Path(given), into)
    if given is not None:
        fetch(given, "main", FILES, into, os.environ)
        return disarmed(into, given)
    if release is None:
        msg = "prompts of a number of tokens need the model's tokenizer, and none is known"
        raise UsageError(msg, hint="--tokenizer names its folder, or its repository on the hub")
    model = release.model
    if model.source == "builtin":
        return copied(tiny_model(), into)
    if Path(model.path).is_dir() and release.modal is None:
        return copied(Path(model.path), into)
    fetch(model.repo, model.commit or model.revision, FILES, into, os.environ)
    return disarmed(into, model.repo)


def _with_prediction(run: Run, release: Release | None) -> Run:
    """Predict what was measured, where a predictor is there and the load is one that it knows."""
    from deployer.measure.run import Expected  # noqa: PLC0415 - only what the verb needs

    plain = [p for p in run.points if p.load.concurrency and not p.load.trace and not p.load.rate]
    if release is None or release.modal is None or not plain:
        return run
    if release.shapes:
        why = f"which of {release.gpus} took how much of the load is not known"
        return replace(run, unexpected=f"not predicted: {why}; `deployer predict` predicts each")
    from deployer.cli.pricing import prices  # noqa: PLC0415 - only for a prediction
    from deployer.predict.predict import predict  # noqa: PLC0415 - as above
    from deployer.predict.question import Workload  # noqa: PLC0415 - as above

    found = []
    try:
        for point in plain:
            load = point.load
            asked = Workload(
                load.inputs + load.prefix, load.outputs, load.concurrency or 1, point.accept_length
            )
            told = predict(release, asked, prices())
            first, each, rate = told.first_token, told.each_token, told.throughput
            one = Expected(load.concurrency or 1, first.predicted, each.predicted, rate.predicted)
            found.append(one)
    except DeployerError as error:
        return replace(run, expected=tuple(found), unexpected=f"not predicted: {error.message}")
    return replace(run, expected=tuple(found))
