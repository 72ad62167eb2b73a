"""What a server says of its health before it is ready: whoever sends traffic goes by that."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING

from deployer.apply.local.health import health_status
from deployer.apply.readiness import HINT, PROBE

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.event import Event
    from deployer.verify.verdict import Verdict

SECONDS = 2.0
"""How long one question may take: the door answers without the engine."""


class Early:
    """Listens to the start of a server, and asks for its health once while the engine loads."""

    def __init__(
        self, port: int, forward: Callable[[Event], None], now: Callable[[], float] = time.time
    ) -> None:
        self._port = port
        self._forward = forward
        self._now = now
        self._status: int | None = None
        self._answered = 0.0

    def __call__(self, event: Event) -> None:
        """Pass an event on; at each of the engine's loading ask, until there is an answer.

        Events are read a little after they were told: an answer that came when the engine had
        loaded says nothing of before.
        """
        self._forward(event)
        if event.phase != "load":
            return
        if event.state == "progress" and self._status is None:
            self._status = health_status(self._port, SECONDS)
            self._answered = self._now()
        elif event.state == "done" and self._answered >= event.time:
            self._status = None

    def verdicts(self) -> tuple[Verdict, ...]:
        """Give the verdict, where the start took long enough to be asked about; no key was sent."""
        from deployer.verify.verdict import Outcome, Verdict  # noqa: PLC0415 - with the probes only

        if self._status is None:
            return ()
        said = f"/health said {self._status} while the engine was loading"
        if self._status == http.client.OK:
            return (Verdict(PROBE, Outcome.FAILED, 0.0, message=said, hint=HINT),)
        return (Verdict(PROBE, Outcome.PASSED, 0.0, checked=(said,)),)
