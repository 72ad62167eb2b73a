"""What a change of a Modal deployment costs or saves: GPUs only, from the dated table of prices."""

from __future__ import annotations

from deployer.facts.prices import DATE, HOURS_A_MONTH, SOURCE, per_hour
from deployer.plan.effects import Consequence, Effect
from deployer.release import Release

TABLE = f"GPU prices of {SOURCE}, {DATE}; CPU, memory and regions cost extra"


def hourly(release: Release) -> float | None:
    """Give the dollars an hour of one container; None off Modal and for unknown prices."""
    if release.modal is None:
        return None
    return per_hour(release.hardware.gpu, release.hardware.count)


def container(old: Release, new: Release) -> Consequence:
    """Say what a container costs, for another GPU or another number of them."""
    before, after = hourly(old), hourly(new)
    if before is None or after is None:
        return Consequence(Effect.MONEY, "a container costs its GPUs; " + _unknown(old, new))
    amount = f"{dollars(before)} -> {dollars(after)} an hour a container"
    stay = new.modal.min_containers if new.modal else 0
    if stay:
        amount += f", {dollars(_monthly(new) or 0, cents=False)} a month for the {stay} kept up"
    return Consequence(Effect.MONEY, f"a container costs its GPUs ({TABLE})", amount)


def begins(new: Release) -> Consequence:
    """Say what a container costs, for what was not on Modal before."""
    after = hourly(new)
    amount = "" if after is None else f"{dollars(after)} an hour a container"
    return Consequence(Effect.MONEY, f"Modal bills the GPUs of each container ({TABLE})", amount)


def kept(old: Release, new: Release) -> Consequence:
    """Say what containers that stay up without traffic cost in a month."""
    before, after = _monthly(old), _monthly(new)
    reason = "containers that stay up cost their GPUs around the clock"
    if before is None or after is None:
        return Consequence(Effect.MONEY, f"{reason}; {_unknown(old, new)}")
    more = "less" if after < before else "more"
    amount = f"{dollars(abs(after - before), cents=False)} a month {more}"
    return Consequence(Effect.MONEY, f"{reason}, {HOURS_A_MONTH} hours a month ({TABLE})", amount)


def most(old: Release, new: Release) -> Consequence:
    """Say what all containers at once cost."""
    before, after = _at_most(old), _at_most(new)
    reason = "that many containers may run at a time under load"
    if before is None or after is None:
        return Consequence(Effect.MONEY, f"{reason}; {_unknown(old, new)}")
    amount = f"at most {dollars(before)} -> {dollars(after)} an hour"
    return Consequence(Effect.MONEY, f"{reason} ({TABLE})", amount)


def idle(old: Release, new: Release) -> Consequence:
    """Say what a container costs after its last request, until it is scaled down."""
    before, after = _idle(old), _idle(new)
    reason = "an idle container costs its GPUs until it is stopped"
    if before is None or after is None:
        return Consequence(Effect.MONEY, f"{reason}; {_unknown(old, new)}")
    amount = f"{dollars(before)} -> {dollars(after)} for an idle container before it stops"
    return Consequence(Effect.MONEY, f"{reason} ({TABLE})", amount)


def dollars(amount: float, *, cents: bool = True) -> str:
    """Write an amount: to the cent, or to the dollar for a month."""
    return f"${amount:,.2f}" if cents else f"${amount:,.0f}"


def _monthly(release: Release) -> float | None:
    if release.modal is None or release.modal.min_containers == 0:
        return 0.0
    each = hourly(release)
    return None if each is None else each * release.modal.min_containers * HOURS_A_MONTH


def _at_most(release: Release) -> float | None:
    each = hourly(release)
    return None if each is None or release.modal is None else each * release.modal.max_containers


def _idle(release: Release) -> float | None:
    each = hourly(release)
    if each is None or release.modal is None:
        return None
    return each * release.modal.scaledown_window / 3600


def _unknown(old: Release, new: Release) -> str:
    """Name the GPU whose price is not known."""
    names = dict.fromkeys(r.hardware.gpu for r in (old, new) if r.modal and hourly(r) is None)
    return f"the price of {' and '.join(names) or 'nothing'} is not among the known facts"
