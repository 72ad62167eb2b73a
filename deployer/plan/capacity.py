"""How many tokens the KV pool of a release holds, where the release states what decides it."""

from __future__ import annotations

from deployer.behaviour.pool import Pool, held, pool
from deployer.behaviour.settings import read
from deployer.behaviour.unknown import NoEstimate, UnknownError
from deployer.release import Release

__all__ = ["NoEstimate", "Pool", "estimate"]


def estimate(release: Release) -> Pool | NoEstimate:
    """Estimate the pool of a release, or say why that cannot be done from what is known."""
    try:
        settings = read(release)
    except UnknownError as error:
        return error.found
    if settings.fraction is None:
        return NoEstimate(
            "memory.mem_fraction_static is not stated, so the engine chooses it when it starts"
        )
    found = pool(settings, settings.fraction)
    if found is None:
        weights = held(settings, settings.fraction).weights
        return NoEstimate(f"{weights:.1f} GiB of weights do not fit into the fraction")
    return found
