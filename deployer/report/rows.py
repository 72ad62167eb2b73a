"""Rows of text with their names on the left, and the words for bounds of time and money."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from deployer.plan.cost import Cost, Estimate, Hours, span
from deployer.plan.money import dollars

LABEL = 11
"""Columns of the names on the left."""

WIDTH = 100
"""Columns of a line; what is longer goes on below its beginning."""


def row(name: str, value: str) -> Iterator[str]:
    """Write a name and its value."""
    return wrapped(f"  {name:<{LABEL}} ", value)


def wrapped(start: str, value: str) -> Iterator[str]:
    """Write a value after its beginning, each further line below the first."""
    room = WIDTH - len(start)
    parts = textwrap.wrap(value, room, break_long_words=False, break_on_hyphens=False) or [""]
    for at, part in enumerate(parts):
        yield f"{start if at == 0 else ' ' * len(start)}{part}"


def counted(number: int, noun: str) -> str:
    """Write a number of things: ``1 container``, ``2 containers``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def bounds(estimate: Estimate) -> str:
    """Write what an estimate bounds: the time, and the dollars where they are known."""
    time = between(_span(estimate.at_least), _span(estimate.at_most))
    money = between(price(estimate.dollars_at_least), price(estimate.dollars_at_most))
    return ", ".join(part for part in (time, money) if part)


def between(least: str, most: str) -> str:
    """Write a range, of which either end may be unknown and empty."""
    if least and most:
        return least if least == most else f"{least} to {most}"
    return f"at least {least}" if least else most and f"at most {most}"


def reserved(cost: Cost) -> str:
    """Write what an hour of a container is paid for."""
    if cost.beside is None:
        return f"{cost.gpus} alone"
    return f"{cost.gpus}, {cost.cores:g} cores, {cost.gib:g} GiB"


def range_of(costs: Sequence[Cost]) -> str:
    """Write which of several shapes is the cheapest and which the dearest; '' for one alone."""
    if len(costs) == 1:
        return ""
    known = sorted((one.hourly, one.gpus) for one in costs if one.hourly is not None)
    if len(known) < len(costs):
        return "which shape is the cheapest is not known: not all of them have a price"
    (least, cheap), (most, dear) = known[0], known[-1]
    return (
        f"the cheapest is {cheap} at {dollars(least)} an hour a container, the dearest {dear} at "
        f"{dollars(most)}; which one it is, Modal decides"
    )


def window(hours: Hours) -> str:
    """Write what a window of the schedule keeps up, and what that costs."""
    paid = "" if hours.dollars is None else f", {dollars(hours.dollars, cents=False)} a month"
    return f"{hours.window}: {hours.containers} more kept up, {hours.hours:.0f} h a month{paid}"


def price(amount: float | None) -> str:
    """Write dollars, or nothing where they are not known."""
    return "" if amount is None else dollars(amount)


def _span(minutes: float | None) -> str:
    return "" if minutes is None else span(minutes)
