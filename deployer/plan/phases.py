"""Which phases of a deployment run, and why: from what was found out, or from what is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from deployer.facts.prices import Prices
from deployer.plan.again import kernels_again, reasons, weights_again
from deployer.plan.cost import Estimate, cold_start, compiling, container_hour, download
from deployer.plan.sides import Side, Sides
from deployer.plan.standing import DEPLOYED, DIGEST_LENGTH, Deployed, PhasePlan, Standing
from deployer.release import ModalParameters, Release

UNSEEN = "the volume was not looked at"
IDLE = "nothing is deployed anew"

Ruling = tuple[bool, str]
"""Whether a phase runs, and why."""


def phases(
    after: Side, modal: ModalParameters, standing: Standing, sides: Sides | None, prices: Prices
) -> tuple[PhasePlan, ...]:
    """Give every phase in the order in which they run; ``sides`` compare, if the old is known."""
    new = after.release
    deploys, why = _deploy(new, standing)
    hourly = container_hour(new, modal, prices)
    weights = _known(standing, "weights") or _weights(after, standing.deployed, sides)
    proves, owed = _proof(standing, deploys=deploys)
    starts = owed or "a container starts and answers its warm-up requests"
    starts += f" (priced for {new.hardware})" if new.shapes else ""
    asked = owed or "what the API promises is asked of the server"
    return (
        _phase("weights", weights, download(modal, new, prices)),
        *_kernels_of_each(after, standing, sides, prices),
        _phase("deploy", (deploys, why)),
        _phase("wait", (proves, starts if proves else IDLE), cold_start(new, modal, hourly)),
        _phase("verify", (proves, asked if proves else IDLE)),
    )


def same_release(new: Release, deployed: Deployed | None) -> bool:
    """Tell whether a release is the one that is deployed, by the digits that a deployment has."""
    return deployed is not None and deployed.digest == new.digest()[:DIGEST_LENGTH]


def _phase(phase: str, ruling: Ruling, cost: Estimate | None = None, shape: str = "") -> PhasePlan:
    runs, reason = ruling
    return PhasePlan(phase, runs, reason, cost if runs else None, shape)


def _kernels_of_each(
    after: Side, standing: Standing, sides: Sides | None, prices: Prices
) -> Iterator[PhasePlan]:
    """Each shape has kernels of its own, compiled on its own GPUs."""
    pairs = () if sides is None else sides.shapes
    before = {pair.after: pair.sides for pair in pairs}
    for one in after.shapes:
        name = one.release.shape if after.release.shapes else ""
        found = _known(standing, "kernels", name)
        ruling = found or _kernels(one, standing.deployed, before.get(one))
        yield _phase("kernels", ruling, compiling(one.release, prices), name)


def _proof(standing: Standing, *, deploys: bool) -> Ruling:
    """Tell whether the server is waited for and verified, and if that is owed from before, why."""
    fact = standing.fact("verify")
    if deploys or fact is None or fact.done:
        return deploys, ""
    return True, fact.reason


def _known(standing: Standing, phase: str, shape: str = "") -> Ruling | None:
    fact = standing.fact(phase, shape)
    if fact is not None:
        return not fact.done, fact.reason
    if not standing.offline:
        return True, f"{UNSEEN}; what is there already is not made again"
    return None


def _weights(after: Side, deployed: Deployed | None, sides: Sides | None) -> Ruling:
    """Judge by the record alone: what was deployed had its weights."""
    if not after.weights:
        return False, "the release needs none"
    if after.release.modal is not None and after.release.modal.borrows:
        where = after.release.modal.weights.environment
        return False, f"they are those of the environment {where}, and only read; {UNSEEN}"
    if deployed is None or sides is None:
        return True, f"nothing is recorded of these weights; {UNSEEN}"
    if not weights_again(sides):
        return False, f"they were there for {deployed.words}; {UNSEEN}"
    return True, f"they are not those of {deployed.words}; {UNSEEN}"


def _kernels(after: Side, deployed: Deployed | None, sides: Sides | None) -> Ruling:
    """Judge by the record alone: what was deployed had its kernels."""
    if after.kernels is None:
        return False, after.no_kernels
    if deployed is None or sides is None:
        return True, f"nothing is recorded of these kernels; {UNSEEN}"
    if kernels_again(sides):
        return True, f"kernels compile again, because {'; '.join(reasons(sides))}"
    return False, f"they were compiled for {deployed.words}; {UNSEEN}"


def _deploy(new: Release, standing: Standing) -> Ruling:
    deployed = standing.deployed
    if deployed is None:
        return True, f"nothing is {'recorded as ' if standing.offline else ''}deployed"
    if deployed.state != DEPLOYED:
        return True, f"{deployed.words} is {deployed.state}"
    if same_release(new, deployed):
        return False, f"{deployed.words} is this release"
    return True, f"{deployed.words} is another release"
