"""How many tokens the KV pools of a server hold, where a release states what decides it.

One rank's pool is not the server's: with data parallelism each rank has a pool of its own, for
other requests. What is compared, and what is said of all requests, is the server's.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.behaviour.fraction import own
from deployer.behaviour.pool import Pool, held, pool
from deployer.behaviour.settings import Settings, read
from deployer.behaviour.unknown import NoEstimate, UnknownError
from deployer.facts.models.checkpoint import Checkpoint
from deployer.release import Release

__all__ = ["NoEstimate", "Pool", "Server", "estimate"]


@dataclass(frozen=True, slots=True)
class Server:
    """The KV pools of one server: ``pool`` is that of each of its data-parallel ``ranks``."""

    pool: Pool
    ranks: int = 1

    @property
    def tokens(self) -> int:
        """The tokens of all ranks together."""
        return self.pool.tokens * self.ranks

    @property
    def gib(self) -> float:
        """What a pool takes on each GPU."""
        return self.pool.gib

    @property
    def sentence(self) -> str:
        """The pools in words, to a thousand tokens: an estimate is no more precise."""
        capped = ", capped by memory.max_total_tokens" if self.pool.capped else ""
        if self.ranks == 1:
            return f"{round(self.tokens, -3):,} tokens in {self.gib:.1f} GiB{capped}"
        return (
            f"{round(self.tokens, -3):,} tokens of the server, {round(self.pool.tokens, -3):,} in "
            f"{self.gib:.1f} GiB on each of its {self.ranks} data-parallel ranks{capped}"
        )


def estimate(release: Release, known: Checkpoint | None = None) -> Server | NoEstimate:
    """Estimate the pools of a release, or say why that cannot be done from what is known.

    ``known`` is what is known of the model, None for what is shipped.
    """
    try:
        settings = read(release, known)
    except UnknownError as error:
        return error.found
    fraction = own(settings).fraction if settings.fraction is None else settings.fraction
    found = pool(settings, fraction)
    if found is None:
        weights = held(settings, fraction).weights
        return NoEstimate(f"{weights:.1f} GiB of weights do not fit into the fraction")
    return Server(found, ranks(settings))


def ranks(settings: Settings) -> int:
    """Count the ranks that have a pool each: those of attention, or whole copies of the model."""
    flags = settings.flags
    whole = 1 if "--enable-dp-attention" in flags else int(flags.get("--dp-size", "1"))
    return settings.division.replicas * whole
