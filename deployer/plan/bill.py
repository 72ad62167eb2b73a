"""What a profile costs, whatever is deployed: by hours of traffic a day, and what is paid once.

The figures are those of :mod:`deployer.plan.cost`, which a plan uses as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deployer.behaviour.resolved import Resolved
from deployer.behaviour.windows import minutes_a_week
from deployer.errors import Failure
from deployer.facts.prices import HOURS_A_MONTH, Prices
from deployer.plan.cost import Cost, Estimate, compiling, cost, download
from deployer.plan.sides import side
from deployer.release import ModalParameters, Release

HOURS_A_DAY = 24
DAYS_A_WEEK = 7
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


def bills(
    shapes: Sequence[tuple[Release, Resolved]],
    prices: Prices,
    hours: tuple[float, ...] = USUAL,
) -> tuple[Bill, ...]:
    """Reckon the bill of each shape, with what the engine makes of it; weights are the first's."""
    found = [bill(release, prices, hours, given) for release, given in shapes]
    first, *others = found
    without = (
        replace(each, weights=None, cost=replace(each.cost, storage=None)) for each in others
    )
    return (first, *without)


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
        kept=_kept(modal.min_containers, known),
        months=() if each is None else tuple(_month(one, each, modal) for one in hours),
        starts=_starts(known),
        weights=download(modal, release, prices) if release.sources() else None,
        kernels=compiling(release, prices) if side(release, given).kernels else None,
        prices=prices,
    )


def _kept(containers: int, known: Cost) -> Kept:
    if known.month is None:
        return Kept(containers, None, None)
    return Kept(containers, known.month.zero / DAYS_A_MONTH, known.month.zero)


def _starts(known: Cost) -> tuple[float, float] | None:
    least, most = known.start.dollars_at_least, known.start.dollars_at_most
    if least is None or most is None or known.idle is None:
        return None
    return least * DAYS_A_MONTH, most * DAYS_A_MONTH


def _month(hours: float, each: float, modal: ModalParameters) -> Hours:
    """Reckon a month: a container that comes for traffic goes when its idle tail has passed.

    Traffic is taken to fall into the hours of `modal.schedule` as far as they go.
    """
    comes = min(HOURS_A_DAY, hours + modal.scaledown_window / 3600)
    busy = (0, min(1, modal.max_containers), modal.max_containers)
    days = each * DAYS_A_MONTH
    zero, one, full = (days * _hours(modal, count, comes) for count in busy)
    return Hours(hours, zero, one, full)


def _hours(modal: ModalParameters, busy: int, comes: float) -> float:
    """Give the hours a day of all containers, of which so many are busy for ``comes`` of them."""
    most = max(modal.min_containers, busy, *(one.min_containers for one in modal.schedule), 0)
    found = 0.0
    for number in range(1, most + 1):
        stays = sum(
            minutes_a_week(one) / 60 / DAYS_A_WEEK
            for one in modal.schedule
            if one.min_containers >= number
        )
        stays = HOURS_A_DAY if number <= modal.min_containers else stays
        found += max(stays, comes) if number <= busy else stays
    return min(found, float(HOURS_A_DAY * most))
