"""What a profile costs, as text for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from deployer.codec import encode
from deployer.facts.prices import HOURS_A_MONTH
from deployer.plan.bill import Bill, Hours
from deployer.plan.cost import Estimate, span
from deployer.plan.money import dollars
from deployer.report.envelope import envelope
from deployer.report.rows import between, bounds, counted, range_of, reserved, row, window
from deployer.visible import visible

MONEY = 12
"""Columns of an amount in the table."""


def text(bills: Sequence[Bill]) -> str:
    """Write what each shape costs, and which is the cheapest where there are several.

    Serving, starting and keeping, months by hours a day, and what is unknown.
    """
    several = len(bills) > 1
    blocks = [
        block
        for bill in bills
        for block in (
            _serving(bill, f", on {bill.cost.gpus}" if several else ""),
            _months(bill),
            _once(bill, weights=bill is bills[0]),
            _unknown(bill),
        )
    ]
    written = ["\n".join(lines) + "\n" for block in blocks if (lines := list(block))]
    if apart := range_of([bill.cost for bill in bills]):
        written.append(f"{apart[0].upper()}{apart[1:]}.\n")
    return "\n".join(written)


def local(name: str) -> str:
    """Say what a profile for this machine costs."""
    return f"{visible(name)}: runs on this machine, so nothing is paid to anybody.\n"


def to_json(bills: Sequence[Bill]) -> str:
    """Write everything that the text says; the same bytes for the same bills."""
    first, *others = map(_value, bills)
    return envelope({**first, "shapes": others} if others else first)


def _value(bill: Bill) -> dict[str, Any]:
    cost = {**encode(bill.cost), "most_hourly": bill.cost.most_hourly}
    return {
        **encode(bill),
        "target": "modal",
        "cost": {**cost, "start": _estimate(bill.cost.start)},
        "weights": _estimate(bill.weights),
        "kernels": _estimate(bill.kernels),
        "hours_a_month": HOURS_A_MONTH,
    }


def local_json(name: str) -> str:
    """Write that a profile for this machine costs nothing."""
    return envelope({"name": name, "target": "local", "cost": None})


def _estimate(cost: Estimate | None) -> dict[str, Any] | None:
    """Give the dollars beside the minutes that they follow from."""
    if cost is None:
        return None
    return {
        **encode(cost),
        "dollars_at_least": cost.dollars_at_least,
        "dollars_at_most": cost.dollars_at_most,
    }


def _serving(bill: Bill, on: str) -> Iterator[str]:
    cost = bill.cost
    yield f"{visible(bill.name)}{on} ({visible(cost.table)})"
    yield from row("serving", _hourly(bill))
    if cost.idle is not None:
        until = "from a container's last request until it stops"
        yield from row(
            "idle tail", f"{dollars(cost.idle)} for the {span(cost.idle_minutes)} {until}"
        )
    yield from row("cold start", bounds(cost.start))
    yield from row("", visible(cost.start.basis))
    yield from row("kept up", _kept(bill))
    for hours in cost.windows:
        yield from row("schedule", window(hours))
    if cost.storage is not None:
        most = dollars(cost.storage.dollars_at_most)
        yield from row("storage", f"at most {most} a month: {cost.storage.basis}")


def _hourly(bill: Bill) -> str:
    cost = bill.cost
    most = cost.containers[1]
    if cost.hourly is None or cost.most_hourly is None:
        return f"{cost.gpus} a container, at most {counted(most, 'container')}"
    return (
        f"{dollars(cost.hourly)} an hour a container ({reserved(cost)}); at most "
        f"{counted(most, 'container')}: {dollars(cost.most_hourly)} an hour"
    )


def _kept(bill: Bill) -> str:
    kept = bill.kept
    key = f"modal.min_containers is {kept.containers}"
    if bill.cost.windows:
        key += ", and more by `modal.schedule`"
    elif not kept.containers:
        return (
            f"{key}: without traffic no container runs, and whoever comes first waits for a start"
        )
    if kept.daily is None or kept.monthly is None:
        return f"{key}: they run around the clock, also without traffic"
    return (
        f"{key}: {dollars(kept.daily)} a day, {dollars(kept.monthly, cents=False)} a month, "
        "also without traffic"
    )


def _months(bill: Bill) -> Iterator[str]:
    """Write the table of months, and what its figures rest on."""
    if not bill.months:
        return
    most = bill.cost.containers[1]
    names = ["no traffic", "1 busy", f"all {most} busy"][: 3 if most > 1 else 2]
    yield "A month of traffic each day, in one stretch"
    yield _line("", names)
    for month in bill.months:
        amounts = [dollars(one, cents=False) for one in _amounts(month)]
        yield _line(f"{month.hours:g} h a day", amounts[: len(names)])
    yield from row("", f"{HOURS_A_MONTH} hours a month, with the idle tail after each stretch")
    if bill.cost.windows:
        yield from row("", "traffic is taken to fall into the hours of `modal.schedule`")
    if bill.starts is not None:
        amount = between(*(dollars(one, cents=False) for one in bill.starts))
        yield from row("", f"without cold starts: one a day adds {amount} a month a container")


def _amounts(month: Hours) -> tuple[float, float, float]:
    return month.zero, month.one, month.full


def _line(name: str, values: list[str]) -> str:
    return f"  {name:<11} " + "".join(f"{value:>{MONEY}}" for value in values)


def _once(bill: Bill, *, weights: bool) -> Iterator[str]:
    yield "Once"
    if not weights:
        yield from row("download", "the weights are those of the first shape")
    if bill.weights is not None:
        yield from row("download", f"{bounds(bill.weights)}: {visible(bill.weights.basis)}")
    if bill.kernels is None:
        yield from row("compile", "nothing: this model compiles no kernels of DeepGEMM")
    else:
        yield from row("compile", f"{bounds(bill.kernels)}: {visible(bill.kernels.basis)}")


def _unknown(bill: Bill) -> Iterator[str]:
    if bill.cost.unknown:
        yield "Not in the figures"
        for reason in bill.cost.unknown:
            yield from row("", visible(reason))
