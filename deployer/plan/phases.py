"""Which phases of a deployment run, and why: from what was found out, or from what is recorded."""

from __future__ import annotations

from deployer.facts.prices import Prices
from deployer.plan.cost import Estimate, cold_start, compiling, download
from deployer.plan.diff import Diff
from deployer.plan.effects import Effect
from deployer.plan.standing import DEPLOYED, DIGEST_LENGTH, Deployed, PhasePlan, Standing
from deployer.release import ModalParameters, Release

UNSEEN = "the volume was not looked at"
IDLE = "nothing is deployed anew"

Ruling = tuple[bool, str]
"""Whether a phase runs, and why."""


def phases(
    new: Release, modal: ModalParameters, standing: Standing, found: Diff | None, prices: Prices
) -> tuple[PhasePlan, ...]:
    """Give every phase in the order in which they run; ``found`` is what changes, if known."""
    deploys, why = _deploy(new, standing)
    hourly = prices.gpus_hour(new.hardware.gpu, new.hardware.count)
    weights = _known(standing, "weights") or _weights(new, standing.deployed)
    kernels = _known(standing, "kernels") or _kernels(standing.deployed, found)
    proves, owed = _proof(standing, deploys=deploys)
    starts = owed or "a container starts and answers its warm-up requests"
    asked = owed or "what the API promises is asked of the server"
    return (
        _phase("weights", weights, download(modal, new, prices)),
        _phase("kernels", kernels, compiling(new, prices)),
        _phase("deploy", (deploys, why)),
        _phase("wait", (proves, starts if proves else IDLE), cold_start(new, modal, hourly)),
        _phase("verify", (proves, asked if proves else IDLE)),
    )


def same_release(new: Release, deployed: Deployed | None) -> bool:
    """Tell whether a release is the one that is deployed, by the digits that a deployment has."""
    return deployed is not None and deployed.digest == new.digest()[:DIGEST_LENGTH]


def same_weights(old: Release, new: Release) -> bool:
    """Tell whether two releases read the same files of the same volume."""
    return _weights_of(old) == _weights_of(new)


def _phase(phase: str, ruling: Ruling, cost: Estimate | None = None) -> PhasePlan:
    runs, reason = ruling
    return PhasePlan(phase, runs, reason, cost if runs else None)


def _proof(standing: Standing, *, deploys: bool) -> Ruling:
    """Tell whether the server is waited for and verified, and if that is owed from before, why."""
    fact = standing.fact("verify")
    if deploys or fact is None or fact.done:
        return deploys, ""
    return True, fact.reason


def _known(standing: Standing, phase: str) -> Ruling | None:
    fact = standing.fact(phase)
    if fact is not None:
        return not fact.done, fact.reason
    if not standing.offline:
        return True, f"{UNSEEN}; what is there already is not made again"
    return None


def _weights(new: Release, deployed: Deployed | None) -> Ruling:
    """Judge by the record alone: what was deployed had its weights."""
    if not new.sources():
        return False, "the release needs none"
    if deployed is None or deployed.release is None:
        return True, f"nothing is recorded of these weights; {UNSEEN}"
    if same_weights(deployed.release, new):
        return False, f"they were there for version {deployed.version}; {UNSEEN}"
    return True, f"they are not those of version {deployed.version}; {UNSEEN}"


def _kernels(deployed: Deployed | None, found: Diff | None) -> Ruling:
    """Judge by the record alone: what was deployed had its kernels."""
    if deployed is None or deployed.release is None:
        return True, f"nothing is recorded of these kernels; {UNSEEN}"
    again = [
        f"{explained.change.key} {_sides(explained.change.old, explained.change.new)}"
        for explained in (found.changes if found else ())
        if any(one.effect is Effect.KERNELS for one in explained.consequences)
    ]
    if again:
        return True, f"kernels compile again, because {'; '.join(again)}"
    return False, f"they were compiled for version {deployed.version}; {UNSEEN}"


def _sides(old: str, new: str) -> str:
    return f"{old or 'nothing'} -> {new or 'nothing'}"


def _deploy(new: Release, standing: Standing) -> Ruling:
    deployed = standing.deployed
    if deployed is None:
        return True, f"nothing is {'recorded as ' if standing.offline else ''}deployed"
    if deployed.state != DEPLOYED:
        return True, f"version {deployed.version} is {deployed.state}"
    if same_release(new, deployed):
        return False, f"version {deployed.version} is this release"
    return True, f"version {deployed.version} is another release"


def _weights_of(release: Release) -> tuple[object, ...]:
    mount = release.modal.weights if release.modal else None
    read = ((one.repo, one.commit or one.revision, one.path) for one in release.sources())
    return mount, *read
