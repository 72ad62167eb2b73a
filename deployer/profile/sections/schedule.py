"""How requests are admitted and batched."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.section import Section


class Schedule(Section):
    """How requests are admitted and batched."""

    max_running_requests: Annotated[int | None, Flag("--max-running-requests", 510)] = Field(
        default=None, ge=1
    )
    """Requests that are decoded at the same time; more of them wait in the queue."""

    max_prefill_tokens: Annotated[int | None, Flag("--max-prefill-tokens", 520)] = Field(
        default=None, ge=1
    )
    """Tokens of one prefill batch."""

    chunked_prefill_size: Annotated[int | None, Flag("--chunked-prefill-size", 521)] = Field(
        default=None, ge=-1
    )
    """Tokens of one chunk of a long prompt; -1 turns chunking off."""

    max_queued_requests: Annotated[int | None, Flag("--max-queued-requests", 522)] = Field(
        default=None, ge=0
    )
    """Requests that may wait; one more is refused with 503."""

    policy: Annotated[
        Literal[
            "lpm", "random", "fcfs", "dfs-weight", "lof", "priority", "routing-key", "hrrn",
            "shortest-prefill-first",
        ]
        | None,
        Flag("--schedule-policy", 523),
    ] = None  # fmt: skip
    """The order in which waiting requests are taken: `fcfs`, or `lpm` for longest cached prefix."""

    conservativeness: Annotated[float | None, Flag("--schedule-conservativeness", 524)] = Field(
        default=None, gt=0
    )
    """Above 1 admits fewer requests and retracts fewer later."""

    overlap: Annotated[bool, Flag("--disable-overlap-schedule", 525, inverted=True)] = True
    """Prepare the next batch on the CPU while the GPU computes this one."""
