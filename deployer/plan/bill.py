"""What a profile costs, whatever is deployed: by hours of traffic a day, and what is paid once.

The figures are those of :mod:`deployer.plan.cost`, which a plan uses as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from deployer.behaviour.resolved import Resolved
from deployer.errors import Failure
from deployer.facts.prices import HOURS_A_MONTH, Prices
from deployer.plan.cost import Cost, Estimate, compiling, cost, download
from deployer.plan.sides import side
from deployer.release import ModalParameters, Release

HOURS_A_DAY = 24
DAYS_A_MONTH = HOURS_A_MONTH / HOURS_A_DAY
USUAL = (1.0, 8.0, 24.0)
"""Hours of traffic a day that are shown where nobody asks for others."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What containers cost that stay up around the clock, by dollars; None without a price."""

    containers: int
    daily: float | None
    monthly: float | None


@dataclass(frozen=True, slots=True)
class Hours:
    """A month with traffic for ``hours`` of each day, in one stretch; dollars.

    ``zero`` is without any traffic, ``one`` with one container busy, ``full`` with all of them.
    What stays up costs the whole day, and the others their idle tail after each stretch.
    """

    hours: float
    zero: float
    one: float
    full: float


@dataclass(frozen=True, slots=True)
class Bill:
    """What a release costs: its :class:`~deployer.plan.cost.Cost`, months, and what is paid once.

    ``months`` is empty where the GPU has no known price. ``starts`` are the dollars a month of one
    cold start a day of one container, at least and at most; None where they are not known, or
    where no container comes and goes. ``weights`` is None where none are downloaded,
    ``kernels`` where the model is known to compile none.
    """

    name: str
    cost: Cost
    kept: Kept
    months: tuple[Hours, ...]
    starts: tuple[float, float] | None
    weights: Estimate | None
    kernels: Estimate | None
    prices: Prices


def bill(
    release: Release,
    prices: Prices,
    hours: tuple[float, ...] = USUAL,
    given: Resolved | None = None,
) -> Bill:
    """Reckon the bill of a release, with ``hours`` of traffic a day (more than 0, at most 24).

    ``given`` is what the engine makes of it, None for what follows from shipped facts alone.

    Raises Failure for a release that is not for Modal: nobody is paid for it.
    """
    modal = release.modal
    if modal is None:
        message = f"`{release.name}` runs on this machine, where nothing is paid to anybody"
        raise Failure(message)
    known = cost(release, modal, prices)
    each = known.hourly
    return Bill(
        name=release.name,
        cost=known,
        kept=_kept(modal.min_containers, each),
        months=() if each is None else tuple(_month(one, each, modal) for one in hours),
        starts=_starts(known),
        weights=download(modal, release, prices) if release.sources() else None,
        kernels=compiling(release, prices) if side(release, given).kernels else None,
        prices=prices,
    )


def _kept(containers: int, each: float | None) -> Kept:
    if each is None:
        return Kept(containers, None, None)
    return Kept(containers, each * containers * HOURS_A_DAY, each * containers * HOURS_A_MONTH)


def _starts(known: Cost) -> tuple[float, float] | None:
    least, most = known.start.dollars_at_least, known.start.dollars_at_most
    if least is None or most is None or known.idle is None:
        return None
    return least * DAYS_A_MONTH, most * DAYS_A_MONTH


def _month(hours: float, each: float, modal: ModalParameters) -> Hours:
    """Reckon a month: a container that comes for traffic goes when its idle tail has passed."""
    stays = each * HOURS_A_MONTH
    comes = each * DAYS_A_MONTH * min(HOURS_A_DAY, hours + modal.scaledown_window / 3600)
    least = modal.min_containers
    busy = (0, min(1, modal.max_containers), modal.max_containers)
    zero, one, full = (stays * least + comes * max(0, count - least) for count in busy)
    return Hours(hours, zero, one, full)
