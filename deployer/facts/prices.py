"""What Modal's GPUs cost: one dated table, and the form of a newer one that an account can ask for.

The three copies of modal.com/pricing that were read (2026-05-25 and 2026-06) agree, and so do three
copies of what `modal billing rates` answered between 2026-08-15 and 2026-09-20. CPU cores and
memory are billed beside the GPUs: what a container has reserved, or what it uses where that is
more. Choosing a region costs extra, by a factor on which the copies disagree (1.15 to 2.5), so that
is not in the figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

DATE = "June 2026"
"""When the table was read; `modal billing rates` says what it is today."""

SOURCE = "modal.com/pricing"

HOURS_A_MONTH = 730
"""365 days of 24 hours, divided by 12."""

PER_SECOND = {"B200": 0.001736, "H200": 0.001261, "H100": 0.001097, "H100!": 0.001097}
"""Dollars for one GPU and second. `H100!` is an H100 that refuses the upgrade to an H200."""

CORE_SECOND = 0.0000131
"""Dollars for one CPU core and second, of the same pages."""

MEMORY_SECOND = 0.00000222
"""Dollars for one GiB of memory and second, of the same pages."""

LEAST_CORES = 0.125
"""CPU cores reserved for a container that asks for none (modal.com/docs/guide/resources)."""

LEAST_MEMORY = 128
"""MiB that it reserves for one that asks for none, of the same page."""

DISK_A_MEMORY = 20
"""MiB of ephemeral disk that are billed as one of memory (modal.com/docs/guide/resources)."""

NONPREEMPTIBLE = 3
"""Times that CPU and memory cost what they do where Modal may not take the container away
(modal.com/docs/guide/preemption)."""

STORAGE_MONTH = 0.09
"""Dollars for one GiB on a volume and month, of the same pages."""

STORAGE_FREE = 1024
"""GiB on volumes that cost a workspace nothing, of the same pages."""

RATE_OF = {"A10": "a10g", "RTX-PRO-6000": "rtx6000", "H100!": "h100"}
"""Modal's names of GPUs that `modal billing rates` calls otherwise than in small letters."""

GPU_RATE = "gpu_hour_cost_"
CORE_RATE = "cpu_hour_cost"
MEMORY_RATE = "mem_gib_hour_cost"
STORAGE_RATE = "volume_storage_gib_month_cost"
SECONDS = 3600


def per_hour(gpu: str, count: int) -> float | None:
    """Give the dollars an hour of one container's GPUs, or None for a GPU without a known price."""
    return SHIPPED.gpus_hour(gpu, count)


@dataclass(frozen=True, slots=True)
class GpuPrice:
    """What one GPU costs; ``rate`` is its name in a table of prices, dollars are for a second."""

    rate: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Prices:
    """A table of prices in dollars; None is not known.

    ``gpus``, a ``core`` and a GiB of ``memory`` are by the second, ``storage`` is by GiB and month.
    ``date`` is when the table was read, ``source`` where.
    """

    date: str
    source: str
    gpus: tuple[GpuPrice, ...]
    core: float | None
    memory: float | None
    storage: float | None

    def gpus_hour(self, gpu: str, count: int) -> float | None:
        """Give the dollars an hour of some GPUs of one kind; None where it has no price."""
        found = (price.dollars for price in self.gpus if price.rate == rate_of(gpu))
        each = next(found, None)
        return None if each is None else each * SECONDS * count

    def cpu_hour(self, cores: float, gib: float) -> float | None:
        """Give the dollars an hour of a container without GPUs."""
        if self.core is None or self.memory is None:
            return None
        return (cores * self.core + gib * self.memory) * SECONDS


def rate_of(gpu: str) -> str:
    """Give the name that `modal billing rates` has for a GPU: ``a100_80gb`` for `A100-80GB`."""
    return RATE_OF.get(gpu, gpu.lower().replace("-", "_"))


SHIPPED = Prices(
    date=DATE,
    source=SOURCE,
    gpus=tuple(
        GpuPrice(rate_of(gpu), price) for gpu, price in PER_SECOND.items() if gpu != "H100!"
    ),
    core=CORE_SECOND,
    memory=MEMORY_SECOND,
    storage=STORAGE_MONTH,
)
"""The table of this module, for when nobody can be asked."""


def prices_from_rates(rates: Iterable[tuple[str, object]], date: str) -> Prices:
    """Read the rates of an account, as names with amounts: ``Workspace.billing.rates().items()``.

    That mapping, and what `modal billing rates --json` prints, have an entry such as
    ``gpu_hour_cost_b200`` with the decimal ``6.25000``; compute is by unit and hour and storage by
    GiB and month (modal 1.6.4, ``modal_proto/api_pb2.pyi``, `WorkspaceBillingRatesResponse`). An
    amount that is none, and a name that is not known here, are left out.
    """
    found = {name: amount for name, text in rates if (amount := _amount(text)) is not None}
    return Prices(
        date=date,
        source="modal billing rates",
        gpus=tuple(
            GpuPrice(name.removeprefix(GPU_RATE), amount / SECONDS)
            for name, amount in sorted(found.items())
            if name.startswith(GPU_RATE)
        ),
        core=_by_second(found.get(CORE_RATE)),
        memory=_by_second(found.get(MEMORY_RATE)),
        storage=found.get(STORAGE_RATE),
    )


def _amount(text: object) -> float | None:
    try:
        amount = float(str(text))
    except ValueError:
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None


def _by_second(amount: float | None) -> float | None:
    return None if amount is None else amount / SECONDS
