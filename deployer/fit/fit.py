"""What one GPU of a release holds, what its pool is good for, and how exact that is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from deployer.behaviour.fraction import Own, own
from deployer.behaviour.pool import AMISS, BAND, Held, Pool, held, pool
from deployer.behaviour.settings import Settings, read
from deployer.behaviour.unknown import NoEstimate, UnknownError
from deployer.facts.gpus import GIB
from deployer.facts.models.checkpoint import Checkpoint
from deployer.release import Release


@dataclass(frozen=True, slots=True)
class Fit:
    """One GPU's memory in GiB, and the pool of one data-parallel rank in tokens.

    ``fraction`` is the share that weights and pool get, ``stated`` whether the release says it or
    the engine chooses it (``own``). ``taken`` is gone before loading. ``pool`` is None where the
    weights leave no room. ``states`` are the GiB of linear attention's states, ``later`` what is
    loaded only when the pool has its size. ``rest`` is what is left for graphs and activations,
    ``reserved`` what the engine's own rule wants for them. ``context`` is the longest request that
    the release admits, ``longest`` the longest that fits, ``each`` the tokens for every one of
    ``requests`` that run at a time (None where the engine decides how many).
    """

    repo: str
    model_source: str
    gpu: str
    total: float
    version: str
    layout: str
    bytes_each: int
    ranks: int
    fraction: float
    stated: bool
    own: Own
    taken: float
    weights: float
    copies: float
    budget: float
    pool: Pool | None
    rest: float
    context: int
    requests: int | None
    states: float = 0.0
    later: float = 0.0

    @property
    def tokens(self) -> int:
        """The tokens of the pool; 0 without one."""
        return self.pool.tokens if self.pool else 0

    @property
    def longest(self) -> int:
        """The tokens of the longest request that fits: the pool's, or as many as are admitted."""
        return min(self.tokens, self.context)

    @property
    def fits_once(self) -> bool:
        """Whether one request of the full context fits."""
        return self.tokens >= self.context

    @property
    def each(self) -> int | None:
        """The tokens for each running request, where it is known how many run on a rank."""
        if not self.requests:
            return None
        return self.tokens // max(1, -(-self.requests // self.ranks))

    @property
    def free(self) -> float:
        """GiB beyond what the engine's own rule keeps for graphs and activations; may be short."""
        return self.rest - self.own.reserved

    @property
    def band(self) -> int:
        """The error of the pool's tokens in per cent; the smaller the pool, the larger."""
        return 100 if self.budget <= AMISS else max(BAND, math.ceil(100 * AMISS / self.budget))

    @property
    def smallest(self) -> float | None:
        """The smallest fraction, in hundredths, that leaves room for one context, if any does."""
        room = self.budget + self.states
        share = room / self.budget if self.states and self.budget > 0 else 1
        need = self.weights + self.copies + share * self.context * self.bytes_each / GIB
        found = -(-need * 100 // (self.total - self.taken)) / 100
        return found if found < 1 else None


def fit(
    release: Release,
    *,
    checkpoint: Checkpoint | None = None,
    gpu: str = "",
    fraction: float | None = None,
) -> Fit | NoEstimate:
    """Reckon what fits, with another model, GPU or fraction where they are given."""
    try:
        settings = read(release, checkpoint, gpu)
        if fraction is not None:
            settings = replace(settings, fraction=fraction)
        return _fit(settings, gpu or release.hardware.gpu)
    except UnknownError as error:
        return error.found


def _fit(settings: Settings, gpu: str) -> Fit:
    chosen = own(settings)
    fraction = chosen.fraction if settings.fraction is None else settings.fraction
    found, tokens = held(settings, fraction), pool(settings, fraction)
    return Fit(
        repo=settings.model.repo,
        model_source=settings.model.source,
        gpu=gpu,
        total=settings.gpu.memory / 1024,
        version=settings.version,
        layout=settings.layout,
        bytes_each=round(found.each),
        ranks=settings.division.replicas,
        fraction=fraction,
        stated=settings.fraction is not None,
        own=chosen,
        taken=settings.gpu.memory / 1024 - settings.usable,
        weights=found.weights,
        copies=found.copies,
        budget=found.budget,
        pool=tokens,
        rest=_rest(settings, found, tokens),
        context=settings.context,
        requests=settings.requests,
        states=found.states,
        later=_later(found, tokens),
    )


def _rest(settings: Settings, found: Held, tokens: Pool | None) -> float:
    """Give the GiB that neither weights nor pool take; below 0 where the weights do not fit."""
    used = found.weights + found.copies + found.states + (tokens.gib if tokens else 0.0)
    return settings.usable - used - _later(found, tokens)


def _later(found: Held, tokens: Pool | None) -> float:
    """Give the GiB of what drafts, where it takes them from what the pool has left."""
    return found.later + (tokens.tokens * found.later_each / GIB if tokens else 0.0)
