"""A candidate: a release beside the live app, promoted only where it keeps its promises."""

from __future__ import annotations

import math
from dataclasses import replace

from deployer.errors import UsageError
from deployer.plan.cost import Estimate, span
from deployer.plan.deployment import Plan
from deployer.plan.standing import DEPLOYED, PhasePlan
from deployer.release import ModalParameters

PHASE = "candidate"

ENDING = "-candidate"

IDLE = 60
"""Seconds without a request after which Modal ends a candidate's container, whoever is gone."""

GATE = 30
"""Minutes for verification, load and questions, beyond the start, where nobody says otherwise."""

LONGEST = 64
"""Characters of an app's name (modal 1.6.4, ``_utils/name_utils.py``)."""


def candidate_name(app: str) -> str:
    """Give the name of the app that a candidate is deployed as."""
    return f"{app}{ENDING}"


def beside(parameters: ModalParameters, minutes: int) -> ModalParameters:
    """Give the parameters of an app as those of its candidate, which may take so many minutes.

    The release that it serves is the same to the byte. It has the same volumes and secrets, one
    container at most that no traffic of clients reaches, and none of the live app's addresses.
    """
    return replace(
        parameters,
        app=candidate_name(parameters.app),
        min_containers=0,
        schedule=(),
        max_containers=1,
        buffer_containers=0,
        scaledown_window=IDLE,
        startup_timeout=min(parameters.startup_timeout, minutes * 60),
        label="",
        custom_domains=(),
    )


def usual_minutes(parameters: ModalParameters) -> int:
    """Give the minutes that a candidate gets by itself: its start's budget, and the gate."""
    return math.ceil(parameters.startup_timeout / 60) + GATE


def with_candidate(plan: Plan, minutes: int | None = None) -> Plan:
    """Put a candidate before the deployment, and its price into the plan.

    ``minutes`` bounds it, None takes what is usual. A plan that deploys nothing has nothing for a
    candidate to prove, and stays as it is. Raises UsageError for a name that Modal would not take.
    """
    parameters = plan.release.modal
    if parameters is None or not plan.deploys:
        return plan
    name = candidate_name(plan.app)
    if len(name) > LONGEST:
        message = f"a candidate would be the app `{name}`, and Modal takes {LONGEST} characters"
        raise UsageError(message, hint=f"make `modal.app` {len(name) - LONGEST} characters shorter")
    most = minutes or usual_minutes(parameters)
    step = PhasePlan(PHASE, runs=True, reason=_reason(plan, name), cost=_price(plan, most))
    at = next(i for i, phase in enumerate(plan.phases) if phase.phase == "deploy")
    return replace(
        plan,
        phases=(*plan.phases[:at], step, *plan.phases[at:]),
        once=replace(plan.once, at_most=_sum(plan.once.at_most, step.cost)),
    )


def minutes_of(plan: Plan) -> int:
    """Give the minutes that a plan's candidate may take; 0 where it has none."""
    step = next((phase for phase in plan.phases if phase.phase == PHASE and phase.runs), None)
    most = step.cost.at_most if step is not None and step.cost is not None else None
    return 0 if most is None else round(most - IDLE / 60)


def _reason(plan: Plan, name: str) -> str:
    before = plan.standing.deployed
    live = before is not None and before.state == DEPLOYED
    stays = f"version {before.version} serves on" if before is not None and live else "nobody asks"
    priced = f" (priced for {plan.release.hardware})" if plan.others else ""
    return (
        f"the app {name}, on the same volumes, is to keep its promises while {stays}; "
        f"{plan.release.gpus} more meanwhile{priced}; only then version {plan.version} is deployed"
    )


def _price(plan: Plan, minutes: int) -> Estimate:
    basis = (
        f"it is ended after {span(minutes)} at most, and by Modal after {IDLE} s without a "
        "request; what is promoted starts once more"
    )
    return Estimate(None, minutes + IDLE / 60, plan.cost.hourly, basis)


def _sum(most: float | None, step: Estimate | None) -> float | None:
    more = step.dollars_at_most if step is not None else None
    return None if most is None or more is None else most + more
