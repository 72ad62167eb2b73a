"""What a deployment on Modal costs: by the hour, by the start, by the month.

Only what is known is reckoned with: prices from one dated table, sizes and speeds that have a
source. What nobody published (how long graphs and warm-up take on Modal) is bounded by the
release's own budgets and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deployer.behaviour.windows import WEEK, minutes_a_week
from deployer.facts.gpus import GIB, MIB_PER_GIB
from deployer.facts.models.catalogue import find
from deployer.facts.prices import (
    DISK_A_MEMORY,
    HOURS_A_MONTH,
    LEAST_CORES,
    LEAST_MEMORY,
    NONPREEMPTIBLE,
    STORAGE_FREE,
    Prices,
)
from deployer.facts.sglang.loaders import FORMAT_FLAG, NOTHING, Speed, is_mapped, speed
from deployer.facts.sizes import BESIDE_WEIGHTS, KERNEL_MINUTES
from deployer.plan.writers import containers
from deployer.release import ModalParameters, Release, Window

COMPILE_SECONDS = 7200
"""When Modal ends the container that compiles kernels (``deployer/apply/modal/app.py``)."""

NOT_IN_IT = "regions and more use cost extra"


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long something takes, in minutes, and what an hour of it costs, in dollars.

    ``at_least`` and ``at_most`` are bounds; None is not known. ``basis`` says what they rest on.
    """

    at_least: float | None
    at_most: float | None
    hourly: float | None
    basis: str

    @property
    def dollars_at_least(self) -> float | None:
        """The dollars of the shortest time."""
        return _dollars(self.at_least, self.hourly)

    @property
    def dollars_at_most(self) -> float | None:
        """The dollars of the longest time."""
        return _dollars(self.at_most, self.hourly)


@dataclass(frozen=True, slots=True)
class Monthly:
    """Dollars a month without any traffic, and with every container busy around the clock."""

    zero: float
    full: float


@dataclass(frozen=True, slots=True)
class Hours:
    """What a window of `modal.schedule` keeps up beyond what stays up anyway, of a month.

    ``containers`` are those that it adds, ``hours`` the window's, ``dollars`` None without a price.
    """

    window: str
    containers: int
    hours: float
    dollars: float | None


@dataclass(frozen=True, slots=True)
class Storage:
    """The weights on their volume: GiB, and at most that many dollars a month.

    It is less as long as the workspace's free GiB are not used otherwise.
    """

    gib: float
    dollars_at_most: float
    basis: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a deployment costs. Dollars are None where the GPU has no known price.

    ``hourly`` is for one container with all that it has reserved, ``idle`` for one container from
    its last request until it stops, None too where containers stay up. ``beside`` is what of the
    hour is for ``cores`` and ``gib`` of memory, None where they have no price and are not in it.
    ``table`` names the prices, ``unknown`` what no figure is given for.
    """

    gpus: str
    cores: float
    gib: float
    containers: tuple[int, ...]
    hourly: float | None
    beside: float | None
    idle: float | None
    idle_minutes: float
    start: Estimate
    month: Monthly | None
    storage: Storage | None
    table: str
    unknown: tuple[str, ...] = ()
    windows: tuple[Hours, ...] = ()

    @property
    def most_hourly(self) -> float | None:
        """Dollars an hour of all containers at once."""
        return None if self.hourly is None else self.hourly * self.containers[1]


def cost(release: Release, modal: ModalParameters, prices: Prices) -> Cost:
    """Reckon what a release costs where it is deployed with ``modal``."""
    hourly = container_hour(release, modal, prices)
    idle = None if hourly is None else hourly * modal.scaledown_window / 3600
    cores, gib = reserved(modal)
    return Cost(
        gpus=f"{release.hardware.count} x {release.hardware.gpu}",
        cores=cores,
        gib=gib,
        beside=beside(modal, prices),
        containers=(modal.min_containers, modal.max_containers),
        hourly=hourly,
        idle=idle if modal.min_containers < modal.max_containers else None,
        idle_minutes=modal.scaledown_window / 60,
        start=cold_start(release, modal, hourly),
        month=monthly(release, modal, prices),
        storage=storage(release, prices),
        table=table(prices),
        unknown=tuple(_unknown(release, modal, prices)),
        windows=tuple(_windows(modal, hourly)),
    )


def table(prices: Prices) -> str:
    """Name a table of prices, and say what is counted and what is not."""
    counted = "GPU, CPU and memory prices" if prices.cpu_hour(1, 1) is not None else "GPU prices"
    return f"{counted} of {prices.source}, {prices.date}; {NOT_IN_IT}"


def container_hour(release: Release, modal: ModalParameters, prices: Prices) -> float | None:
    """Give the dollars an hour of one container: its GPUs, and the CPU and memory that it reserves.

    None where the GPU has no known price.
    """
    gpus = prices.gpus_hour(release.hardware.gpu, release.hardware.count)
    more = beside(modal, prices)
    return gpus if gpus is None or more is None else gpus + more


def beside(modal: ModalParameters, prices: Prices) -> float | None:
    """Give the dollars an hour of the CPU and memory that a container reserves beside its GPUs.

    None where the table has no price for them.
    """
    found = prices.cpu_hour(*reserved(modal))
    return None if found is None else found * (NONPREEMPTIBLE if modal.nonpreemptible else 1)


def reserved(modal: ModalParameters) -> tuple[float, float]:
    """Give the cores and the GiB that a container is billed for, whether it uses them or not."""
    disk = modal.ephemeral_disk / DISK_A_MEMORY
    gib = max(modal.memory or LEAST_MEMORY, disk) / MIB_PER_GIB
    return modal.cpu or LEAST_CORES, gib


def monthly(release: Release, modal: ModalParameters, prices: Prices) -> Monthly | None:
    """Give what a month costs, 730 hours of it; None where the GPU has no known price."""
    hourly = container_hour(release, modal, prices)
    if hourly is None:
        return None
    month = hourly * HOURS_A_MONTH
    more = sum(one.dollars or 0.0 for one in _windows(modal, hourly))
    return Monthly(month * modal.min_containers + more, month * modal.max_containers)


def window_words(window: Window) -> str:
    """Name a window: its days, its hours, and by which clock."""
    return f"{window.days} {window.hours} {window.timezone}"


def _windows(modal: ModalParameters, hourly: float | None) -> Iterable[Hours]:
    """Give what each window adds; 730 hours of a month are as many weeks as they are."""
    for window in modal.schedule:
        more = max(0, window.min_containers - modal.min_containers)
        hours = minutes_a_week(window) * HOURS_A_MONTH / WEEK
        cost = None if hourly is None else hourly * hours * more
        yield Hours(window_words(window), more, hours, cost)


def cold_start(release: Release, modal: ModalParameters, hourly: float | None) -> Estimate:
    """Bound a container's start: reading the weights at least, its start-up budget at most."""
    budget = modal.startup_timeout / 60
    bound = f"Modal gives it up after the budget of {span(budget)}"
    read, gib = reading(release), _size(release)
    if read_as(release) == NOTHING:
        return Estimate(None, budget, hourly, f"no weights are read; {bound}")
    if read is None or gib is None:
        return Estimate(
            None, budget, hourly, f"the size of {release.model.repo} is not known; {bound}"
        )
    warm, cold = BESIDE_WEIGHTS
    basis = (
        f"loading {gib:,.1f} GiB takes {read.words()}; how long the container, imports, kernels, "
        f"CUDA graphs and warm-up take on Modal is not published ({warm} to {cold} s of a small "
        f"model on an H200 elsewhere, with kernels and without); {bound}"
    )
    return Estimate(min(read.fast, budget), budget, hourly, basis)


def read_as(release: Release) -> str:
    """Give the format in which a release's weights are read; '' where it states none."""
    found = [a.values[0] for a in release.arguments if a.flag == FORMAT_FLAG and a.values]
    return found[-1] if found else ""


def _size(release: Release) -> float | None:
    """Give the GiB of the weights on a disk, None where nobody knows them."""
    known = find(release.model.repo)
    return None if known is None else known.gib


def _downloaded(release: Release) -> float | None:
    """Give the GiB of all that is downloaded, drafts and adapters too; None if one is unknown."""
    known = [find(one.repo) for one in release.sources()]
    sizes = [one.gib for one in known if one is not None and one.gib is not None]
    return sum(sizes) if sizes and len(sizes) == len(known) else None


@dataclass(frozen=True, slots=True)
class Reading:
    """The minutes that loading weights takes, by the published speeds of how they are read.

    ``slow`` is None where nobody has published the slowest.
    """

    fast: float
    slow: float | None
    speed: Speed

    def words(self) -> str:
        """Say both bounds, what they follow from, and who says that."""
        least = f"at least {span(self.fast)}"
        took = least if self.slow is None else f"{self.fast:.1f} to {span(self.slow)}"
        return f"{took} at {self.speed.words()}"


def reading(release: Release, load_format: str | None = None) -> Reading | None:
    """Give the time that loading the weights takes; None for unknown sizes, and for none.

    As the release reads them, or as it would in the format ``load_format``.
    """
    gib, how = _size(release), read_as(release) if load_format is None else load_format
    if gib is None or release.model.source != "huggingface" or how == NOTHING:
        return None
    found = speed(how, mapped=is_mapped(a.flag for a in release.arguments))
    slow = None if found.slowest is None else gib * GIB / found.slowest / 60
    return Reading(gib * GIB / found.fastest / 60, slow, found)


def download(modal: ModalParameters, release: Release, prices: Prices) -> Estimate:
    """Bound the download: the price of its containers for as long as one try may take."""
    gib = modal.download_memory / MIB_PER_GIB
    size = _downloaded(release)
    what = "the weights" if size is None else f"{size:,.1f} GiB"
    count = containers(modal, None if size is None else size * GIB)
    most = "at most " if size is None and not modal.download_containers else ""
    each = f"{most}{count} containers of " if count > 1 else ""
    basis = (
        f"downloads {what} on {each}{modal.download_cpu:g} cores with {gib:g} GiB; a try ends "
        f"after {span(modal.download_timeout / 60)}, and the next one goes on from there"
    )
    hourly = prices.cpu_hour(modal.download_cpu, gib)
    dollars = None if hourly is None else hourly * count
    return Estimate(None, modal.download_timeout / 60, dollars, basis)


def compiling(release: Release, prices: Prices) -> Estimate:
    """Bound the compiling of kernels, which needs the GPUs and may load the weights first."""
    modal = release.modal
    hourly = None if modal is None else container_hour(release, modal, prices)
    most = COMPILE_SECONDS / 60
    known = KERNEL_MINUTES.get((release.model.repo, release.hardware.gpu))
    dummy = NOTHING in {read_as(release), modal.kernel_weights if modal is not None else ""}
    read = None if dummy else reading(release)
    took = (
        f"one user reports {known[0]:g} to {span(known[1])} for the kernels alone"
        if known
        else "how long the kernels take is not known"
    )
    first = "fills the weights with noise" if dummy else "loads the weights"
    basis = f"{first} and compiles on all GPUs; {took}; it is ended after {span(most)}"
    return Estimate(read.fast if read else None, most, hourly, basis)


def storage(release: Release, prices: Prices) -> Storage | None:
    """Give what the weights cost where they lie; None where their size or the price is unknown."""
    gib = _size(release)
    if gib is None or prices.storage is None:
        return None
    basis = (
        f"each commit of the weights is another {gib:,.1f} GiB; a workspace's first "
        f"{STORAGE_FREE:,} GiB are free, then ${prices.storage:.2f} a GiB and month"
    )
    return Storage(gib, gib * prices.storage, basis)


def span(minutes: float) -> str:
    """Write minutes as people do: ``12.6 min``, ``2 h``."""
    if minutes >= 120 and minutes % 60 == 0:  # noqa: PLR2004 - two hours
        return f"{minutes / 60:g} h"
    return f"{minutes:.1f} min".replace(".0 min", " min")


def _unknown(release: Release, modal: ModalParameters, prices: Prices) -> Iterable[str]:
    if prices.gpus_hour(release.hardware.gpu, release.hardware.count) is None:
        yield f"the price of {release.hardware.gpu} is not in the table"
    if prices.cpu_hour(modal.download_cpu, 1) is None:
        yield "the prices of CPU and memory are not in the table"
    if modal.regions:
        yield "choosing regions costs more, and Modal's own pages disagree on the factor"


def _dollars(minutes: float | None, hourly: float | None) -> float | None:
    return None if minutes is None or hourly is None else minutes / 60 * hourly
