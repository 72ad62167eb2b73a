"""The hours in which a deployment keeps containers up: which of them are in force at a moment.

A window is of the wall clock of its timezone. Where daylight saving takes an hour away it is an
hour shorter, and where it brings one back an hour longer, as a clock on the wall has it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from deployer.release import Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = 7 * DAY
QUARTERS = (0, 15, 30, 45)
"""Minutes of the hour at which hours begin somewhere, as timezones are apart."""

WINTER, SUMMER = dt.date(2026, 1, 5), dt.date(2026, 7, 6)
"""Mondays of two weeks, of which timezones with daylight saving have it in one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many containers are kept up at a moment, and by which window; None is by none."""

    containers: int
    window: Window | None


def days_of(text: str) -> tuple[int, ...]:
    """Read days: ``mon-fri``, ``sat,sun``, ``fri-mon``; 0 is Monday. Raises ValueError."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        one = DAYS.index(first)
        other = DAYS.index(last) if dash else one
        found += [(one + n) % 7 for n in range((other - one) % 7 + 1)]
    return tuple(sorted(set(found)))


def hours_of(text: str) -> tuple[int, int]:
    """Read hours, ``08:00-18:00``, as minutes of the day; what ends the next day ends past 24 h."""
    begins, ends = (_minute(part) for part in text.split("-"))
    return begins, ends if ends > begins else ends + DAY


def kept_at(windows: Iterable[Window], least: int, when: float) -> Kept:
    """Say what is kept up at a moment, in seconds since the epoch; ``least`` is so by itself."""
    there = [window for window in windows if is_in_force(window, when)]
    most = max(there, key=lambda window: window.min_containers, default=None)
    if most is None or most.min_containers <= least:
        return Kept(least, None)
    return Kept(most.min_containers, most)


def is_in_force(window: Window, when: float) -> bool:
    """Tell whether a moment is within a window."""
    local = dt.datetime.fromtimestamp(when, ZoneInfo(window.timezone))
    minute = local.weekday() * DAY + local.hour * 60 + local.minute
    return any(begins <= minute < ends for begins, ends in _week(window))


def minutes_a_week(window: Window) -> int:
    """Give the minutes of a week that a window has."""
    begins, ends = hours_of(window.hours)
    return (ends - begins) * len(days_of(window.days))


def overlap(one: Window, other: Window) -> bool:
    """Tell whether two windows are in force together at some time, in winter or in summer."""
    return any(
        begins < its_end and its_begin < ends
        for monday in (WINTER, SUMMER)
        for begins, ends in _moments(one, monday)
        for its_begin, its_end in _moments(other, monday)
    )


def minutes_of_the_hour(windows: Iterable[Window]) -> tuple[int, ...]:
    """Give the minutes of an hour at which some window begins or ends."""
    known = tuple(windows)
    found = {minute % 60 for window in known for minute in hours_of(window.hours)}
    if len({window.timezone for window in known}) > 1:
        found |= set(QUARTERS)
    return tuple(sorted(found))


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    return hour * 60 + minute


def _week(window: Window) -> Iterator[tuple[int, int]]:
    """Give the minutes of a week in which a window is in force; the end of Sunday is Monday."""
    begins, ends = hours_of(window.hours)
    for day in days_of(window.days):
        at = day * DAY
        yield at + begins, min(at + ends, WEEK)
        if at + ends > WEEK:
            yield 0, at + ends - WEEK


def _moments(window: Window, monday: dt.date) -> Iterator[tuple[float, float]]:
    """Give the moments of a week, and of the days beside it, at which a window is in force."""
    zone = ZoneInfo(window.timezone)
    begins, ends = hours_of(window.hours)
    midnight = dt.datetime.combine(monday, dt.time(), zone)
    for day in days_of(window.days):
        for week in (-1, 0, 1):
            at = midnight + dt.timedelta(days=day + 7 * week)
            yield _span(at, begins, ends)


def _span(at: dt.datetime, begins: int, ends: int) -> tuple[float, float]:
    """Give two moments of a day's wall clock in seconds since the epoch."""
    first = (at + dt.timedelta(minutes=begins)).timestamp()
    return first, (at + dt.timedelta(minutes=ends)).timestamp()
