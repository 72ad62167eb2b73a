"""What follows a deployment: load and questions where asked for, held to what is promised."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployer.cli.say import tell
from deployer.errors import DeployerError
from deployer.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.cli.manner import Manner
    from deployer.cli.planning import Meant
    from deployer.measure.canary.score import Score
    from deployer.measure.gates import Gate
    from deployer.measure.run import Run
    from deployer.profile.sections.objectives import Objectives
    from deployer.verify.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Shown:
    """What a deployment showed: its gates, what was measured, and what became of a failure.

    ``trouble`` is why something could not be measured, ``back`` what came of going back.
    """

    gates: tuple[Gate, ...] = ()
    run: Run | None = None
    score: Score | None = None
    trouble: str = ""
    back: str = ""

    @property
    def missed(self) -> bool:
        """Whether an objective was measured, and is not kept."""
        return any(gate.held == "missed" for gate in self.gates)

    @property
    def failed(self) -> bool:
        """Whether an objective was missed, or one that was to be measured could not be."""
        return bool(self.trouble) or self.missed


NOTHING = Shown()

NOT_SEEN = "not gone back: what could not be measured was not seen to be missed"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What there is to be held to its objectives.

    ``verified`` is None where nobody asked. ``cold_start`` is the seconds of its start, None where
    that is not known. ``go_back`` returns to the version before and says what came of it; None
    where nothing was replaced.
    """

    endpoint: Callable[[], Endpoint]
    verified: bool | None
    cold_start: float | None
    go_back: Callable[[], str] | None


def as_text(shown: Shown) -> str:
    """Write what became of the objectives, below what an apply says."""
    from deployer.report.gates import text  # noqa: PLC0415 - only for objectives

    said = text(shown.gates)
    back = f"  {visible(shown.back)}\n" if shown.back else ""
    trouble = f"  not measured: {visible(shown.trouble)}\n" if shown.trouble else ""
    return f"\nObjectives:\n{said}{trouble}{back}" if said or trouble or back else ""


def wanted(meant: Meant, manner: Manner) -> bool:
    """Whether anything is measured after the deployment."""
    return manner.bench or manner.canary or meant.case.profile.objectives is not None


def hold(meant: Meant, manner: Manner, deployed: Deployed) -> Shown:
    """Measure what is asked for, judge it, and go back where that is asked for and one failed."""
    shown = NOTHING
    if deployed.verified is not False and manner.verify:
        shown = shown_of(meant, manner, deployed)
    if not goes_back(meant, manner):
        return shown
    if deployed.verified is False or shown.missed:
        return replace(shown, back=went_back(deployed.go_back))
    return replace(shown, back=NOT_SEEN) if shown.trouble else shown


def shown_of(meant: Meant, manner: Manner, deployed: Deployed) -> Shown:
    """Measure what is asked for, and judge it; nobody goes back, whatever it is."""
    from deployer.profile.sections.objectives import Objectives  # noqa: PLC0415 - only for gates

    if not wanted(meant, manner):
        return NOTHING
    return _measured(meant, manner, meant.case.profile.objectives or Objectives(), deployed)


def promoted(meant: Meant, manner: Manner, deployed: Deployed, shown: Shown) -> Shown:
    """Let what a candidate showed stand for the same release; go back where it serves no more."""
    if deployed.verified is False and goes_back(meant, manner):
        return replace(shown, back=went_back(deployed.go_back))
    return shown


def goes_back(meant: Meant, manner: Manner) -> bool:
    """Whether the release before is to come back where a gate fails."""
    stated = meant.case.profile.objectives
    return manner.rollback or (stated is not None and stated.rollback)


def went_back(go_back: Callable[[], str] | None) -> str:
    """Go back, and say what came of it; never raises what going back does."""
    if go_back is None:
        return "not gone back: there is nothing before it to go back to"
    tell("A gate has failed: going back to the release before.")
    try:
        return go_back()
    except DeployerError as error:
        return f"NOT gone back: {error.message}"


def _measured(meant: Meant, manner: Manner, objectives: Objectives, deployed: Deployed) -> Shown:
    from deployer.measure.gates import Measured, gates, needs_load  # noqa: PLC0415 - as above

    run = score = before = None
    trouble = ""
    try:
        if manner.bench or needs_load(objectives):
            run = _run(meant, objectives, deployed.endpoint())
        if manner.canary or objectives.accuracy_min is not None:
            score, before = _score(meant, deployed.endpoint())
    except DeployerError as error:
        trouble = error.message
        tell(f"What was promised could not be measured: {visible(error.message)}", hint(error))
    point = run.points[0] if run else None
    found = gates(objectives, Measured(point, score, before, deployed.cold_start))
    return Shown(found, run, score, trouble)


def hint(error: DeployerError) -> str:
    """Give what an error advises, as a line of its own."""
    return f"  hint: {visible(error.hint)}" if error.hint else ""


def _run(meant: Meant, objectives: Objectives, endpoint: Endpoint) -> Run:
    from deployer.cli.bench_verb import ADDRESSABLE  # noqa: PLC0415 - only for load
    from deployer.cli.benching import bounds_of, kept, measured, of_release  # noqa: PLC0415 - as above
    from deployer.measure.load import Load, needed  # noqa: PLC0415 - as above

    load = Load(
        inputs=objectives.input_tokens,
        outputs=objectives.output_tokens,
        requests=_requests(objectives, needed(objectives.concurrency)),
        seed=secrets.randbelow(ADDRESSABLE),
        concurrency=objectives.concurrency,
    )
    release = meant.release
    run = measured(of_release(release, endpoint), release, None, (load,), bounds_of(objectives))
    kept(run)
    return run


def _requests(objectives: Objectives, least: int) -> int:
    """Give as many requests as an error rate takes to be seen, where one is stated."""
    from deployer.measure.chance import at_most  # noqa: PLC0415 - only for load

    rate, number = objectives.error_rate, least
    while rate and number < MOST and at_most(0, number) > rate:
        number += 1
    return number


MOST = 1000
"""Requests that are sent for an error rate to be seen; a smaller one than 0.003 takes more."""


def _score(meant: Meant, endpoint: Endpoint) -> tuple[Score, Score | None]:
    from deployer.cli.benching import of_release  # noqa: PLC0415 - only for questions
    from deployer.cli.canary_verb import scored  # noqa: PLC0415 - as above

    return scored(of_release(meant.release, endpoint), meant.release, None)
