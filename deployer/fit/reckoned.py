"""What of a release's memory a running engine can be held against."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deployer.behaviour.fraction import own
from deployer.behaviour.pool import AMISS, held
from deployer.behaviour.settings import read
from deployer.behaviour.unknown import NoEstimate, UnknownError
from deployer.facts.models.checkpoint import Checkpoint
from deployer.fit.fit import Fit, fit
from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What was reckoned before anything ran.

    ``tokens`` are those of a replica's pool (0 where there should be no room for one), which may be
    off by ``band`` per cent; ``weights`` the GiB of the model alone on one GPU, which may be off by
    ``amiss`` GiB. ``replicas`` is how many pools there are, ``capped`` whether the release states
    the tokens itself.
    """

    tokens: int
    band: int
    weights: float
    amiss: float
    replicas: int
    capped: bool


def reckoned(release: Release, checkpoint: Checkpoint | None = None) -> Reckoned | NoEstimate:
    """Reckon it, with what is known of the model or the ``checkpoint`` that is given."""
    found = fit(release, checkpoint=checkpoint)
    if not isinstance(found, Fit):
        return found
    try:
        settings = read(release, checkpoint)
    except UnknownError as error:
        return error.found
    fraction = own(settings).fraction if settings.fraction is None else settings.fraction
    target = held(replace(settings, draft=False), fraction)
    return Reckoned(
        tokens=found.tokens,
        band=found.band,
        weights=target.weights + target.copies,
        amiss=AMISS,
        replicas=found.ranks,
        capped=found.pool is not None and found.pool.capped,
    )
