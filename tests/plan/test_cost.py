"""What a deployment costs follows from prices, sizes and budgets, and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from decimal import Decimal

import pytest

from deployer.apply.modal.app import COMPILE_TIMEOUT
from deployer.facts.prices import SHIPPED, Prices, per_hour, prices_from_rates
from deployer.plan.cost import COMPILE_SECONDS, compiling, cost, download, span
from deployer.release import Argument, Beside, Release

from .standings import BASE, modal, with_modal

RATES = {
    "cpu_hour_cost": Decimal("0.04730"),
    "cpu_hour_cost_sandbox": Decimal("0.141900"),
    "gpu_hour_cost_a100_80gb": Decimal("2.50000"),
    "gpu_hour_cost_a10g": Decimal("1.10000"),
    "gpu_hour_cost_b200": Decimal("6.25000"),
    "gpu_hour_cost_h100": Decimal("3.95000"),
    "gpu_hour_cost_rtx6000": Decimal("3.03000"),
    "mem_gib_hour_cost": Decimal("0.00800"),
    "volume_storage_gib_month_cost": Decimal("0.09000"),
}
LIVE = prices_from_rates(RATES.items(), "2026-11-26")
NONE = Prices("2026-11-26", "nowhere", (), None, None, None)
UNKNOWN = replace(BASE, model=replace(BASE.model, repo="some/other"))
SMALL = replace(BASE, model=replace(BASE.model, repo="Qwen/Qwen2.5-7B-Instruct"))


def flagged(flag: str, value: str) -> Release:
    return replace(BASE, arguments=(*BASE.arguments, Argument(flag, (value,), "")))


@pytest.mark.parametrize(
    ("gpu", "hour"),
    [
        ("B200", 6.25), ("H100", 3.95), ("H100!", 3.95), ("A10", 1.10), ("A100-80GB", 2.5),
        ("RTX-PRO-6000", 3.03), ("L4", None), ("none", None),
    ],
)  # fmt: skip
def test_rates_of_an_account_are_found_by_modals_names_of_gpus(
    gpu: str, hour: float | None
) -> None:
    found = LIVE.gpus_hour(gpu, 2)

    assert found == (None if hour is None else pytest.approx(2 * hour))


def test_rates_of_cores_memory_and_storage_are_those_of_functions_not_of_sandboxes() -> None:
    assert LIVE.cpu_hour(4, 32) == pytest.approx(4 * 0.0473 + 32 * 0.008)
    assert LIVE.storage == pytest.approx(0.09)
    assert (LIVE.date, LIVE.source) == ("2026-11-26", "modal billing rates")


@pytest.mark.parametrize("text", ["", "free", "nan", "inf", "-1", None, object()])
def test_a_rate_that_is_no_amount_is_left_out(text: object) -> None:
    found = prices_from_rates([("gpu_hour_cost_b200", text), ("cpu_hour_cost", text)], "x")

    assert (found.gpus, found.core) == ((), None)


def test_the_shipped_table_agrees_with_what_others_read_from_it() -> None:
    assert per_hour("B200", 8) == SHIPPED.gpus_hour("B200", 8) == pytest.approx(49.9968)
    assert per_hour("H100!", 1) == per_hour("H100", 1)
    assert per_hour("L4", 1) is None


def test_the_figures_of_the_shipped_profile() -> None:
    found = cost(BASE, modal(BASE), SHIPPED)
    hour = 49.9968 + (11 * 0.0000131 + 49 * 0.00000222) * 3600

    assert (found.cores, found.gib) == (11, 49)
    assert found.beside == pytest.approx(hour - 49.9968)
    assert found.hourly == pytest.approx(hour)
    assert found.most_hourly == pytest.approx(3 * hour)
    assert found.idle == pytest.approx(hour / 4)
    assert found.month is not None
    assert found.month.zero == pytest.approx(0)
    assert found.month.full == pytest.approx(3 * hour * 730)
    assert found.unknown == ()


def test_cpu_and_memory_are_what_is_reserved_and_modals_own_least_where_nothing_is() -> None:
    def beside(**stated: float) -> float | None:
        release = with_modal(**stated)
        return cost(release, modal(release), SHIPPED).beside

    assert beside(cpu=2.0, memory=4096) == pytest.approx((2 * 1.31e-5 + 4 * 2.22e-6) * 3600)
    least = (0.125 * 1.31e-5 + 0.125 * 2.22e-6) * 3600
    assert beside(cpu=0.0, memory=0) == pytest.approx(least)
    dear = beside(cpu=0.0, memory=0, nonpreemptible=True)
    assert dear == pytest.approx(3 * least)
    disk = beside(cpu=2.0, memory=4096, ephemeral_disk=20 * 8192)
    assert disk == pytest.approx((2 * 1.31e-5 + 8 * 2.22e-6) * 3600)


def test_without_a_price_of_cpu_the_gpus_alone_are_counted_and_that_is_said() -> None:
    found = cost(BASE, modal(BASE), replace(SHIPPED, core=None))

    assert found.hourly == pytest.approx(49.9968)
    assert found.beside is None
    assert found.table.startswith("GPU prices of")
    assert "the prices of CPU and memory are not in the table" in found.unknown


def test_a_start_takes_the_reading_at_least_and_its_budget_at_most() -> None:
    start = cost(BASE, modal(BASE), SHIPPED).start

    assert start.at_least == pytest.approx(704.2313 * 1024**3 / 0.85e9 / 60)
    assert start.at_most == modal(BASE).startup_timeout / 60
    assert start.dollars_at_least == pytest.approx(12.58, abs=0.01)
    assert start.dollars_at_most == pytest.approx(72.12, abs=0.005)
    assert "704.2 GiB takes 14.8 to 36 min at 0.85 to 0.35 GB/s" in start.basis


def test_a_start_never_takes_longer_at_least_than_at_most() -> None:
    short = with_modal(startup_timeout=60)

    start = cost(short, modal(short), SHIPPED).start

    assert (start.at_least, start.at_most) == (1.0, 1.0)


def test_of_an_unknown_model_only_the_budget_is_said() -> None:
    found = cost(UNKNOWN, modal(UNKNOWN), SHIPPED)

    assert (found.start.at_least, found.storage) == (None, None)
    assert found.start.at_most == modal(BASE).startup_timeout / 60
    assert "the size of some/other is not known" in found.start.basis
    assert "how long the kernels take is not known" in compiling(UNKNOWN, SHIPPED).basis


def test_kernels_that_are_compiled_with_noise_wait_for_no_weights() -> None:
    real, dummy = compiling(BASE, SHIPPED), compiling(with_modal(kernel_weights="dummy"), SHIPPED)

    assert real.at_least == pytest.approx(14.83, abs=0.01)
    assert real.basis.startswith("loads the weights and compiles on all GPUs")
    assert dummy == replace(
        real,
        at_least=None,
        basis=real.basis.replace("loads the weights", "fills the weights with noise"),
    )


def test_a_release_that_reads_no_weights_compiles_without_any() -> None:
    noise = flagged("--load-format", "dummy")

    assert compiling(noise, SHIPPED) == compiling(with_modal(kernel_weights="dummy"), SHIPPED)


@pytest.mark.parametrize(
    ("how", "mapped", "said"),
    [
        ("auto", True, "14.8 to 36 min at 0.85 to 0.35 GB/s (modal-projects/stitch#54, of reading"),
        ("auto", False, "at least 4.2 min at 3 GB/s (Modal's figures for a volume; no speed of"),
        ("fastsafetensors", False, "4.2 to 12.6 min at 3 to 1 GB/s"),
    ],
)
def test_what_is_published_of_pages_is_said_of_nothing_else(
    how: str, said: str, *, mapped: bool
) -> None:
    release = flagged("--load-format", how)
    if not mapped:
        other = Argument("--weight-loader-disable-mmap", (), "engine.args")
        release = replace(release, arguments=(*release.arguments, other))

    assert f"704.2 GiB takes {said}" in cost(release, modal(release), SHIPPED).start.basis


def test_without_prices_there_are_no_dollars_and_it_is_said_why() -> None:
    found = cost(BASE, modal(BASE), NONE)

    assert (found.hourly, found.most_hourly, found.idle, found.month) == (None,) * 4
    assert (found.start.dollars_at_most, found.storage) == (None, None)
    assert found.unknown == (
        "the price of B200 is not in the table",
        "the prices of CPU and memory are not in the table",
    )


def test_regions_have_no_figure() -> None:
    somewhere = with_modal(regions=("us-east",))

    assert "choosing regions costs more" in cost(somewhere, modal(somewhere), SHIPPED).unknown[0]


@pytest.mark.parametrize(("least", "idles"), [(0, True), (2, True), (3, False)])
def test_containers_that_all_stay_up_have_no_idle_tail(least: int, *, idles: bool) -> None:
    release = with_modal(min_containers=least)

    assert (cost(release, modal(release), SHIPPED).idle is not None) is idles


def test_a_download_costs_its_small_containers_until_a_try_ends() -> None:
    found = download(modal(BASE), BASE, SHIPPED)

    assert found.hourly == pytest.approx(4 * (4 * 0.0000131 + 32 * 0.00000222) * 3600)
    assert (found.at_least, found.at_most) == (None, 120.0)
    assert found.dollars_at_most == pytest.approx(2 * (found.hourly or 0))


DRAFT = Beside(**{one.name: getattr(UNKNOWN.model, one.name) for one in fields(BASE.model)})


@pytest.mark.parametrize(
    ("release", "stated", "said"),
    [
        (BASE, {}, "704.2 GiB on 4 containers of"),
        (UNKNOWN, {}, "the weights on at most 4 containers of"),
        (UNKNOWN, {"version": 2}, "the weights on at most 32 containers of"),
        (UNKNOWN, {"containers": 2}, "the weights on 2 containers of"),
        (UNKNOWN, {"containers": 1}, "the weights on 4 cores"),
        (replace(SMALL, beside=()), {}, "14.2 GiB on 4 cores"),
        (replace(SMALL, beside=(replace(DRAFT, repo=BASE.model.repo),)), {}, "718.4 GiB on 4 cont"),
        (replace(SMALL, beside=(DRAFT,)), {}, "the weights on at most 4 containers of"),
    ],
)
def test_a_download_of_unknown_size_may_take_all_containers_that_its_volume_bears(
    release: Release, stated: dict[str, int], said: str
) -> None:
    weights = replace(modal(BASE).weights, version=stated.get("version", 0))
    asked = replace(modal(BASE), weights=weights, download_containers=stated.get("containers", 0))
    found = download(asked, release, SHIPPED)

    assert f"downloads {said}" in found.basis
    count = int(next(iter(re.findall(r"(\d+) containers", found.basis)), 1))
    each = 4 * 0.0000131 + 32 * 0.00000222
    assert found.dollars_at_most == pytest.approx(2 * count * each * 3600)


@pytest.mark.parametrize("release", [BASE, UNKNOWN])
def test_kernels_are_ended_when_their_container_is(release: Release) -> None:
    assert COMPILE_SECONDS == COMPILE_TIMEOUT
    assert compiling(release, SHIPPED).at_most == COMPILE_TIMEOUT / 60


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (4.2, "4.2 min"),
        (15, "15 min"),
        (60, "60 min"),
        (120, "2 h"),
        (125, "125 min"),
        (0, "0 min"),
    ],
)
def test_minutes_are_written_as_people_do(minutes: float, text: str) -> None:
    assert span(minutes) == text
