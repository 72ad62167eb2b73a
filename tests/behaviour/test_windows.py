"""Windows of the schedule: by the wall clock, over midnight, with daylight saving."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from deployer.behaviour.windows import (
    WEEK,
    days_of,
    hours_of,
    is_in_force,
    kept_at,
    minutes_a_week,
    minutes_of_the_hour,
    overlap,
)
from deployer.release import Window

BERLIN = "Europe/Berlin"


def window(days: str, hours: str, zone: str = BERLIN, containers: int = 1) -> Window:
    return Window(days, hours, zone, containers)


def at(text: str, zone: str = BERLIN) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("days", "found"),
    [("mon-fri", (0, 1, 2, 3, 4)), ("sat,sun", (5, 6)), ("fri-mon", (0, 4, 5, 6)), ("wed", (2,))],
)
def test_days_are_read(days: str, found: tuple[int, ...]) -> None:
    assert days_of(days) == found


def test_hours_that_end_the_next_day_end_past_midnight() -> None:
    assert hours_of("08:00-18:30") == (480, 1110)
    assert hours_of("22:00-06:00") == (1320, 1800)
    assert hours_of("00:00-24:00") == (0, 1440)


@pytest.mark.parametrize(
    ("when", "there"),
    [
        ("2026-11-30 07:59", False),  # a Monday
        ("2026-11-30 08:00", True),
        ("2026-11-30 17:59", True),
        ("2026-11-30 18:00", False),
        ("2026-11-29 12:00", False),
    ],
)
def test_business_hours_are_those_of_the_place(when: str, there: bool) -> None:
    assert is_in_force(window("mon-fri", "08:00-18:00"), at(when)) == there


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = window("fri,sun", "22:00-06:00")

    assert is_in_force(night, at("2026-11-28 05:59"))  # Saturday, of Friday's
    assert not is_in_force(night, at("2026-11-28 22:30"))
    assert is_in_force(night, at("2026-11-30 05:00"))  # Monday, of Sunday's
    assert not is_in_force(night, at("2026-11-30 06:00"))


def test_daylight_saving_moves_a_window_with_the_wall_clock() -> None:
    opens = window("mon-fri", "08:00-18:00")
    utc = dt.UTC

    winter = dt.datetime(2026, 10, 26, 7, 0, tzinfo=utc)  # the Monday after the change
    summer = dt.datetime(2026, 10, 23, 6, 0, tzinfo=utc)  # the Friday before it
    for begins in (winter, summer):
        assert is_in_force(opens, begins.timestamp())
        assert not is_in_force(opens, begins.timestamp() - 60)


def test_an_hour_that_comes_twice_counts_twice_and_one_that_is_skipped_is_none() -> None:
    early = window("sun", "02:00-03:00")
    twice = dt.datetime(2026, 10, 25, 0, 0, tzinfo=dt.UTC).timestamp()  # 02:00 summer time
    skipped = dt.datetime(2026, 3, 29, 0, 0, tzinfo=dt.UTC).timestamp()

    def hours(start: float) -> int:
        return sum(is_in_force(early, start + 900 * n) for n in range(16)) // 4

    assert (hours(twice), hours(skipped)) == (2, 0)


def test_what_is_kept_is_never_less_than_what_stays_up() -> None:
    day, peak = window("mon-fri", "08:00-18:00"), window("mon-fri", "10:00-12:00", containers=3)
    monday = at("2026-11-30 11:00")

    assert kept_at((day, peak), 0, monday).containers == 3
    assert kept_at((day,), 0, monday).window == day
    assert kept_at((day,), 2, monday) == kept_at((), 2, monday)


def test_windows_that_only_touch_do_not_overlap() -> None:
    assert not overlap(window("mon-fri", "08:00-12:00"), window("mon-fri", "12:00-18:00"))
    assert overlap(window("mon-fri", "08:00-12:01"), window("fri", "12:00-18:00"))
    assert overlap(window("sun", "22:00-06:00"), window("mon", "05:00-07:00"))
    assert not overlap(window("sat", "08:00-18:00"), window("mon-fri", "08:00-18:00"))


def test_clocks_of_two_places_are_compared_in_winter_and_in_summer() -> None:
    berlin = window("mon", "14:00-15:00")
    phoenix = "America/Phoenix"  # without daylight saving: 8 hours apart in winter, 9 in summer

    assert overlap(berlin, window("mon", "06:00-06:30", phoenix))
    assert overlap(berlin, window("mon", "05:00-05:30", phoenix))
    assert not overlap(berlin, window("mon", "07:00-08:00", phoenix))


def test_the_clock_strikes_where_a_window_begins_or_ends() -> None:
    assert minutes_of_the_hour([window("mon", "08:00-18:30"), window("sat", "09:30-12:00")]) == (
        0, 30,
    )  # fmt: skip
    both = [window("mon", "08:00-18:00"), window("mon", "08:05-18:00", "Asia/Kathmandu")]
    assert minutes_of_the_hour(both) == (0, 5, 15, 30, 45)


def test_a_week_has_its_minutes() -> None:
    assert minutes_a_week(window("mon-fri", "08:00-18:00")) == 5 * 600
    assert minutes_a_week(window("mon-sun", "00:00-24:00")) == WEEK
