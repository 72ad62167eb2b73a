"""A plan: what a deployment would do and cost, as one value, reckoned from what was found out.

Nothing is looked up here. `apply` finds out how things stand; the same release, the same standing
and the same prices always give the same plan.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from deployer.behaviour.checkpoints import Checkpoints
from deployer.behaviour.resolved import Resolved
from deployer.errors import Failure
from deployer.facts.prices import Prices
from deployer.plan.cost import Cost, Monthly, cost, monthly
from deployer.plan.diff import Diff, diff_of
from deployer.plan.keys import FOLLOWS, Written
from deployer.plan.notes import notes, other_file
from deployer.plan.phases import phases, same_release
from deployer.plan.sides import Side, Sides, side
from deployer.plan.standing import (
    DEPLOYED,
    DIGEST_LENGTH,
    Deployed,
    PhaseFact,
    PhasePlan,
    Source,
    Standing,
)
from deployer.release import ModalParameters, Release

__all__ = [
    "Deployed",
    "MonthlyChange",
    "Once",
    "PhaseFact",
    "PhasePlan",
    "Plan",
    "Source",
    "Standing",
    "make_plan",
]


@dataclass(frozen=True, slots=True)
class MonthlyChange:
    """What a month costs before and after; None where the release or the price is not known."""

    old: Monthly | None
    new: Monthly | None

    @property
    def difference(self) -> Monthly | None:
        """Dollars more a month, or less where negative."""
        if self.old is None or self.new is None:
            return None
        return Monthly(self.new.zero - self.old.zero, self.new.full - self.old.full)


@dataclass(frozen=True, slots=True)
class Once:
    """The dollars that carrying out a plan takes: its phases, and the idle time of one container.

    None is not known. The minutes in which the server is verified are not in it.
    """

    at_least: float | None
    at_most: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be deployed, what changes, which phases run, and what it costs.

    ``version`` is that of the app afterwards. ``stated`` are the keys of
    :data:`~deployer.plan.keys.FOLLOWS` that the profile states, None where nobody said.
    ``fingerprint`` is of the release and of all that was found out that a plan depends on: another
    one means that the world has moved. ``file`` is the mark of the profile's file
    (:mod:`deployer.plan.file`), '' where nobody said. ``others`` is what the other shapes cost.
    """

    name: str
    target: str
    app: str
    environment: str
    version: int
    release: Release
    digest: str
    standing: Standing
    prices: Prices
    stated: tuple[str, ...] | None
    diff: Diff | None
    phases: tuple[PhasePlan, ...]
    cost: Cost
    change: MonthlyChange
    once: Once
    notes: tuple[str, ...]
    fingerprint: str
    file: str = ""
    others: tuple[Cost, ...] = ()

    @property
    def takes_over(self) -> bool:
        """Whether it replaces what is up, and another file's or not deployer's at all."""
        deployed = self.standing.deployed
        if deployed is None or deployed.state != DEPLOYED or not self.deploys:
            return False
        other = bool(self.file and deployed.file) and self.file != deployed.file
        return other or deployed.foreign

    @property
    def nothing_to_do(self) -> bool:
        """Whether no phase runs: this very release is deployed, with all that it needs."""
        return not any(phase.runs for phase in self.phases)

    @property
    def deploys(self) -> bool:
        """Whether another version is deployed."""
        return any(phase.runs for phase in self.phases if phase.phase == "deploy")


def make_plan(
    new: Release,
    standing: Standing,
    prices: Prices,
    *,
    written: Written | None = None,
    file: str = "",
    given: Checkpoints | Resolved | None = None,
) -> Plan:
    """Reckon the plan that makes ``new`` the deployed release.

    ``written`` says which keys the profile states, so that a value that follows from another is
    shown with that one's key. ``file`` is the mark of the profile's file, ``given`` what is known
    of the release's repositories. Raises Failure for a release that is not for Modal.
    """
    if new.modal is None:
        message = f"`{new.name}` is for `target: {new.target}`, not for Modal"
        raise Failure(message)
    keys = None if written is None else _stated(written)
    deployed = standing.deployed
    old = deployed.release if deployed else None
    said = None if keys is None else keys.__contains__
    after = side(new, given)
    sides = None if old is None else Sides(_before_it(old, new, given), after, prices)
    found = None if sides is None else diff_of(sides, said)
    costs = cost(new, new.modal, prices)
    steps = phases(after, new.modal, standing, sides, prices)
    deploys = not _is_there(new, deployed)
    return Plan(
        name=new.name,
        target=new.target,
        app=new.modal.app,
        environment=new.modal.environment or (deployed.environment if deployed else ""),
        version=_version(deployed, deploys=deploys),
        release=new,
        digest=new.digest()[:DIGEST_LENGTH],
        standing=standing,
        prices=prices,
        stated=keys,
        diff=found,
        phases=steps,
        cost=costs,
        change=MonthlyChange(_before(standing, prices), costs.month),
        once=_once(steps, costs, new.modal),
        notes=(
            *notes(after, new.modal, standing, sides, deploys=deploys),
            *other_file(standing, file),
        ),
        fingerprint=_fingerprint(new, standing),
        file=file,
        others=tuple(cost(one, new.modal, prices) for one in new.shapes),
    )


def _before_it(old: Release, new: Release, given: Checkpoints | Resolved | None) -> Side:
    """Give the old side: of the same repository what is known of the new one is known as well."""
    known = given.checkpoints if isinstance(given, Resolved) else given
    same = (old.model.repo, old.model.commit) == (new.model.repo, new.model.commit)
    return side(old, known if same else None)


def _stated(written: Written) -> tuple[str, ...]:
    return tuple(key for key in sorted({*FOLLOWS, *FOLLOWS.values()}) if written(key))


def _is_there(new: Release, deployed: Deployed | None) -> bool:
    return same_release(new, deployed) and deployed is not None and deployed.state == DEPLOYED


def _version(deployed: Deployed | None, *, deploys: bool) -> int:
    """Give the app's version afterwards; an app that was stopped is begun anew (modal 1.6.4)."""
    before = deployed.version if deployed and deployed.state == DEPLOYED else 0
    return before + 1 if deploys else before


def _before(standing: Standing, prices: Prices) -> Monthly | None:
    """Give what a month costs now: nothing where nothing is deployed."""
    deployed = standing.deployed
    if deployed is None or deployed.state != DEPLOYED:
        return Monthly(0.0, 0.0)
    old = deployed.release
    return None if old is None or old.modal is None else monthly(old, old.modal, prices)


def _once(steps: tuple[PhasePlan, ...], costs: Cost, modal: ModalParameters) -> Once:
    """Add the phases that run up, and the idle time of the container that was started for them."""
    running = [step.cost for step in steps if step.runs and step.cost is not None]
    if any(one.hourly is None for one in running):
        return Once(None, None)
    starts = any(step.runs for step in steps if step.phase == "wait")
    tail = (costs.idle or 0.0) if starts and modal.min_containers == 0 else 0.0
    most = [one.dollars_at_most for one in running]
    return Once(
        at_least=tail + sum(one.dollars_at_least or 0.0 for one in running),
        at_most=None if None in most else tail + sum(one or 0.0 for one in most),
    )


def _fingerprint(new: Release, standing: Standing) -> str:
    """Give the SHA-256 of what a plan depends on.

    Not of how many containers run, nor of notes: traffic moves the one, and a secret that was made
    meanwhile is no reason to refuse.
    """
    deployed = standing.deployed
    value = [
        new.digest(),
        standing.source,
        deployed and [
            deployed.app, deployed.environment, deployed.version, deployed.state, deployed.digest
        ],
        sorted([fact.phase, fact.shape, fact.done] for fact in standing.facts),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
