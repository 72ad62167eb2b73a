"""What a change of a Modal deployment costs or saves, from a dated table of prices.

A plan hands its own table on, so that the lines of its changes agree with its money. The table
that is shipped is for whoever has no other.
"""

from __future__ import annotations

from deployer.facts.prices import HOURS_A_MONTH, SHIPPED, Prices
from deployer.plan.cost import (
    Reading,
    beside,
    compiling,
    container_hour,
    download,
    monthly,
    reading,
    table,
)
from deployer.plan.effects import Consequence, Effect
from deployer.plan.sides import Side, Sides
from deployer.release import Release


def hourly(release: Release, prices: Prices = SHIPPED) -> float | None:
    """Give the dollars an hour of one container; None off Modal and for unknown prices."""
    if release.modal is None:
        return None
    return container_hour(release, release.modal, prices)


def container(sides: Sides) -> Consequence:
    """Say what a container costs, for another GPU or another number of them."""
    new, prices = sides.new, sides.prices
    before, after = hourly(sides.old, prices), hourly(new, prices)
    if before is None or after is None:
        return Consequence(Effect.MONEY, "a container costs its GPUs; " + _unknown(sides))
    amount = f"{dollars(before)} -> {dollars(after)} an hour a container"
    stay = new.modal.min_containers if new.modal else 0
    if stay:
        month = dollars(_monthly(new, prices) or 0, cents=False)
        amount += f", {month} a month for the {stay} kept up"
    return Consequence(Effect.MONEY, f"a container costs its GPUs ({table(prices)})", amount)


def reserved(sides: Sides) -> Consequence:
    """Say what the CPU and memory cost that a container has for sure."""
    reason = "what a container has for sure is billed, used or not; what it uses beyond, too"
    before, after = (_beside(side, sides.prices) for side in (sides.old, sides.new))
    if before is None or after is None:
        return Consequence(Effect.MONEY, reason)
    amount = f"{dollars(before)} -> {dollars(after)} an hour of CPU and memory a container"
    return Consequence(Effect.MONEY, f"{reason} ({table(sides.prices)})", amount)


def _beside(release: Release, prices: Prices) -> float | None:
    return None if release.modal is None else beside(release.modal, prices)


def new_shape(of: Side, prices: Prices) -> tuple[Consequence, ...]:
    """Say what containers on other GPUs cost, and their kernels where they have any."""
    release = of.release
    each = hourly(release, prices)
    amount = "" if each is None else f"{dollars(each)} an hour a container on {release.shape}"
    reason = f"a container costs the GPUs that it got ({table(prices)})"
    found = [Consequence(Effect.MONEY, reason, amount)]
    if of.kernels is not None:
        reason = "each shape has kernels of its own, compiled on its GPUs"
        once_ = once(Effect.KERNELS, Sides(of, of, prices))
        found.append(Consequence(Effect.KERNELS, reason, once_))
    return tuple(found)


def begins(sides: Sides) -> Consequence:
    """Say what a container costs, for what was not on Modal before."""
    after = hourly(sides.new, sides.prices)
    amount = "" if after is None else f"{dollars(after)} an hour a container"
    reason = f"Modal bills the GPUs of each container ({table(sides.prices)})"
    return Consequence(Effect.MONEY, reason, amount)


def kept(sides: Sides) -> Consequence:
    """Say what containers that stay up without traffic cost in a month."""
    before, after = (_monthly(side, sides.prices) for side in (sides.old, sides.new))
    reason = "containers that stay up cost their GPUs around the clock"
    if before is None or after is None:
        return Consequence(Effect.MONEY, f"{reason}; {_unknown(sides)}")
    more = "less" if after < before else "more"
    amount = f"{dollars(abs(after - before), cents=False)} a month {more}"
    known = f"{HOURS_A_MONTH} hours a month ({table(sides.prices)})"
    return Consequence(Effect.MONEY, f"{reason}, {known}", amount)


def most(sides: Sides) -> Consequence:
    """Say what all containers at once cost."""
    before, after = (_at_most(side, sides.prices) for side in (sides.old, sides.new))
    reason = "that many containers may run at a time under load"
    if before is None or after is None:
        return Consequence(Effect.MONEY, f"{reason}; {_unknown(sides)}")
    amount = f"at most {dollars(before)} -> {dollars(after)} an hour"
    return Consequence(Effect.MONEY, f"{reason} ({table(sides.prices)})", amount)


def idle(sides: Sides) -> Consequence:
    """Say what a container costs after its last request, until it is scaled down."""
    before, after = (_idle(side, sides.prices) for side in (sides.old, sides.new))
    reason = "an idle container costs its GPUs until it is stopped"
    if before is None or after is None:
        return Consequence(Effect.MONEY, f"{reason}; {_unknown(sides)}")
    amount = f"{dollars(before)} -> {dollars(after)} for an idle container before it stops"
    return Consequence(Effect.MONEY, f"{reason} ({table(sides.prices)})", amount)


def loaded(sides: Sides) -> Consequence | None:
    """Say what a start saves or costs by loading otherwise; None off Modal, and for the same."""
    if sides.old.modal is None or sides.new.modal is None:
        return None
    before, after = reading(sides.old), reading(sides.new)
    if before is None or after is None or before == after:
        return None
    each = hourly(sides.new, sides.prices)
    reason = f"the weights load in {after.words()}, and before in {before.words()}"
    amount = f"a start loads in {_minutes(after)} instead of {_minutes(before)}"
    if each is not None:
        amount += f", {_paid(after, each)} instead of {_paid(before, each)}"
    return Consequence(Effect.MONEY, reason, amount)


def _minutes(found: Reading) -> str:
    if found.slow is None:
        return f"at least {found.fast:.1f} min"
    return f"{found.fast:.1f} to {found.slow:.1f} min"


def _paid(found: Reading, each: float) -> str:
    least = dollars(found.fast / 60 * each)
    if found.slow is None:
        return f"at least {least}"
    return f"{least} to {dollars(found.slow / 60 * each)}"


def once(effect: Effect, sides: Sides) -> str:
    """Say what making weights or kernels again costs, once; empty where nobody can say."""
    new, prices = sides.new, sides.prices
    if new.modal is None:
        return ""
    kernels = effect is Effect.KERNELS
    found = compiling(new, prices) if kernels else download(new.modal, new, prices)
    least, most_ = found.dollars_at_least, found.dollars_at_most
    if most_ is None:
        return ""
    return f"(once, {f'{dollars(least)} to' if least else 'at most'} {dollars(most_)})"


def dollars(amount: float, *, cents: bool = True) -> str:
    """Write an amount: to the cent, or to the dollar for a month."""
    return f"${amount:,.2f}" if cents else f"${amount:,.0f}"


def _monthly(release: Release, prices: Prices) -> float | None:
    modal = release.modal
    if modal is None or not (modal.min_containers or modal.schedule):
        return 0.0
    month = monthly(release, modal, prices)
    return None if month is None else month.zero


def _at_most(release: Release, prices: Prices) -> float | None:
    each = hourly(release, prices)
    return None if each is None or release.modal is None else each * release.modal.max_containers


def _idle(release: Release, prices: Prices) -> float | None:
    each = hourly(release, prices)
    if each is None or release.modal is None:
        return None
    return each * release.modal.scaledown_window / 3600


def _unknown(sides: Sides) -> str:
    """Name the GPU whose price is not known."""
    both = (sides.old, sides.new)
    names = dict.fromkeys(
        one.hardware.gpu for one in both if one.modal and hourly(one, sides.prices) is None
    )
    return f"the price of {' and '.join(names) or 'nothing'} is not among the known facts"
