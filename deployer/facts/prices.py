"""What Modal's GPUs cost: one dated table.

The three copies of modal.com/pricing that were read (2026-05-25 and 2026-06) agree. CPU cores and
memory cost extra (0.0000131 a core and second, 0.00000222 a GiB and second), and so does choosing a
region, by a factor on which the copies disagree (1.15 to 2.5), so neither is in these figures.
"""

from __future__ import annotations

DATE = "June 2026"
"""When the table was read; `modal billing rates` says what it is today."""

SOURCE = "modal.com/pricing"

HOURS_A_MONTH = 730
"""365 days of 24 hours, divided by 12."""

PER_SECOND = {"B200": 0.001736, "H200": 0.001261, "H100": 0.001097, "H100!": 0.001097}
"""Dollars for one GPU and second. `H100!` is an H100 that refuses the upgrade to an H200."""


def per_hour(gpu: str, count: int) -> float | None:
    """Give the dollars an hour of one container's GPUs, or None for a GPU without a known price."""
    price = PER_SECOND.get(gpu)
    return None if price is None else price * 3600 * count
