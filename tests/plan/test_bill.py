"""A bill follows from the release, the prices and the hours of traffic."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.errors import Failure
from deployer.facts.prices import SHIPPED
from deployer.plan.bill import Hours, bill
from deployer.plan.diff import diff
from deployer.plan.effects import Effect
from deployer.release import Window

from .standings import BASE, with_modal

HOUR = (8 * 0.001736 + 11 * 0.0000131 + 49 * 0.00000222) * 3600
"""8 B200 with the 11 cores and the 49 GiB that follow from them."""
HOURS = st.floats(min_value=0.01, max_value=24)


def month(hours: float, least: int = 0, most: int = 3, window: int = 900) -> Hours:
    release = with_modal(min_containers=least, max_containers=most, scaledown_window=window)
    (found,) = bill(release, SHIPPED, (hours,)).months
    return found


def test_a_month_has_the_hours_of_traffic_and_the_idle_tails() -> None:
    found = month(8)

    assert found.zero == 0
    assert found.one == pytest.approx(HOUR * 8.25 * 730 / 24)
    assert found.full == pytest.approx(3 * found.one)


def test_what_stays_up_costs_the_whole_day() -> None:
    found = month(8, least=1)
    kept = bill(with_modal(min_containers=1), SHIPPED).kept

    assert found.zero == found.one == pytest.approx(HOUR * 730)
    assert found.full == pytest.approx(HOUR * 730 + 2 * HOUR * 8.25 * 730 / 24)
    assert kept.containers == 1
    assert kept.daily == pytest.approx(HOUR * 24)
    assert kept.monthly == pytest.approx(HOUR * 730)


def test_a_day_has_no_more_than_24_hours() -> None:
    assert month(24).one == month(23.9).one == pytest.approx(HOUR * 730)


@given(first=HOURS, second=HOURS, least=st.integers(0, 3), more=st.integers(0, 3))
def test_more_traffic_and_more_containers_never_cost_less(
    first: float, second: float, least: int, more: int
) -> None:
    fewer, later = (month(h, least, max(1, least + more)) for h in sorted((first, second)))

    assert fewer.zero <= fewer.one <= fewer.full <= later.full
    assert fewer.zero == later.zero
    assert later.full <= HOUR * 730 * max(1, least + more) * 1.000001


def test_one_cold_start_a_day_is_told_apart() -> None:
    starts = bill(BASE, SHIPPED).starts

    assert starts == pytest.approx((382.6, 72.118 * 730 / 24), abs=0.1)
    assert bill(with_modal(min_containers=3), SHIPPED).starts is None, "none comes and goes"


def test_without_a_price_of_the_gpu_the_other_figures_stay() -> None:
    found = bill(replace(BASE, hardware=replace(BASE.hardware, gpu="B300")), SHIPPED)

    assert (found.months, found.starts, found.kept.monthly) == ((), None, None)
    assert found.cost.storage is not None
    assert found.weights is not None
    assert found.weights.dollars_at_most == pytest.approx(3.555, abs=0.001)
    assert found.kernels is not None
    assert found.kernels.at_most == 120
    assert found.cost.unknown == ("the price of B300 is not in the table",)


def test_nothing_is_downloaded_for_a_model_that_is_made_on_the_spot() -> None:
    made = replace(BASE, model=replace(BASE.model, source="builtin"))

    assert bill(made, SHIPPED).weights is None


def test_a_local_release_has_no_bill() -> None:
    with pytest.raises(Failure, match="nothing is paid to anybody"):
        bill(replace(BASE, target="local", modal=None), SHIPPED)


def test_a_model_that_compiles_no_kernels_is_billed_for_none() -> None:
    plain = replace(BASE, model=replace(BASE.model, repo="Qwen/Qwen3-32B"), arguments=())

    assert bill(plain, SHIPPED).kernels is None
    assert bill(BASE, SHIPPED).kernels is not None


def test_business_hours_are_billed_without_traffic_and_traffic_falls_into_them() -> None:
    window = Window("mon-fri", "08:00-18:00", "Europe/Berlin", 1)
    scheduled = with_modal(min_containers=0, max_containers=3, schedule=(window,))
    made = bill(scheduled, SHIPPED, (8, 24))
    hours = 50 * 730 / 168
    eight, day = made.months

    assert [one.containers for one in made.cost.windows] == [1]
    assert made.cost.windows[0].hours == pytest.approx(hours)
    assert made.cost.windows[0].dollars == pytest.approx(HOUR * hours)
    assert made.kept.monthly == pytest.approx(HOUR * hours)
    assert eight.zero == day.zero == pytest.approx(HOUR * hours)
    assert eight.one == pytest.approx(HOUR * 8.25 * 730 / 24)
    assert day.one == pytest.approx(HOUR * 730)
    more = with_modal(min_containers=1, max_containers=3, schedule=(window,))
    assert bill(more, SHIPPED).cost.windows[0].containers == 0


def test_a_schedule_is_in_the_diff_with_what_it_costs() -> None:
    window = Window("mon-fri", "08:00-18:00", "Europe/Berlin", 1)
    (change,) = diff(BASE, with_modal(schedule=(window,))).changes

    assert change.change.key == "modal.schedule"
    assert "mon-fri" in change.change.new
    said = [one.amount for one in change.consequences if one.effect is Effect.MONEY]
    assert said == [f"${HOUR * 50 * 730 / 168:,.0f} a month more"]
