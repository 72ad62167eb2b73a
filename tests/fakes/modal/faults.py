"""What goes wrong between a client and the control plane, by RPC, kind and count."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from grpclib import GRPCError, Status
from modal_proto import api_pb2

Kind = Literal["status", "late", "hang", "closed", "lost"]
"""``status``: refused with a status code; ``late``: done, and answered after some seconds;
``hang``: never answered, and not done; ``closed``: the connection is closed, and nothing was done;
``lost``: done, and the connection is closed before the answer."""

VOLUME = "volume block"
"""Stands for an RPC: a block of a file of a volume, which travels over HTTP."""

WEB = "web request"
"""Stands for an RPC: a request to the address of a server."""


@dataclass
class Fault:
    """One thing that goes wrong, for the next ``times`` requests after ``passes``; always if None.

    ``seconds`` is how late a late answer is; with ``again_after`` a refusal asks the client to try
    again after so many seconds, as Modal does of who asks too often.
    """

    kind: Kind
    times: int | None = 1
    passes: int = 0
    status: Status = Status.UNAVAILABLE
    message: str = "injected"
    seconds: float = 30.0
    again_after: float | None = None

    def due(self) -> bool:
        """Count a request; whether it is one that goes wrong."""
        if self.passes:
            self.passes -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    @property
    def error(self) -> GRPCError:
        """What a refused request gets."""
        if self.again_after is None:
            return GRPCError(self.status, self.message)
        policy = api_pb2.RPCRetryPolicy(retry_after_secs=self.again_after)
        return GRPCError(self.status, self.message, [policy])


class Faults:
    """The faults that a plane has; ``of`` takes the one that is due."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Fault]] = defaultdict(list)

    def add(self, name: str, fault: Fault) -> None:
        """Let an RPC go wrong; '' is every one."""
        self._by_name[name].append(fault)

    def clear(self) -> None:
        """Let everything go right again."""
        self._by_name.clear()

    def of(self, name: str) -> Fault | None:
        """Count a request; the fault that it meets, None for none."""
        found = [fault for key in (name, "") for fault in self._by_name.get(key, ())]
        return next((fault for fault in found if fault.due()), None)


async def suffered(
    fault: Fault | None, work: Callable[[], Awaitable[Any]], close: Callable[[], None]
) -> Any:
    """Do the work of a request as a fault lets it; ``close`` closes the connection."""
    kind = fault.kind if fault else ""
    if fault and kind == "status":
        raise fault.error
    if kind == "hang":
        await asyncio.Event().wait()
    if kind == "closed":
        close()
        await asyncio.Event().wait()
    done = await work()
    if kind == "lost":
        close()
        await asyncio.Event().wait()
    if fault and kind == "late":
        await asyncio.sleep(fault.seconds)
    return done
