"""Starting a local engine again after it has died or hung: how often, after what pause.

A first start that fails is not tried again: whoever applies waits for it, and reads why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.event import Event

PHASE = "restart"
"""The phase of the event that tells a failure after which the engine is started again."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the first restart in a row; each further one waits twice as long."""

PROVEN = 600.0
"""Seconds of serving after which restarts are counted anew, as kubelet forgets its back-off."""


class Restarts:
    """Decides over restarts by the events of the engine's life, which all pass through here.

    ``limit`` is how many are allowed in a row; ``emit`` takes the events as others shall see them:
    an end after which the engine is started again is told as a restart.
    """

    def __init__(
        self,
        limit: int,
        emit: Callable[[Event], None],
        asked_to_end: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._limit = limit
        self._emit = emit
        self._asked_to_end = asked_to_end
        self._clock = clock
        self._in_a_row = 0
        self._served_at: float | None = None
        self._ever_served = False
        self.pause: float | None = None
        """Seconds to wait before the next start; None where there is none."""

    def take(self, event: Event) -> None:
        """Pass an event on."""
        if (event.phase, event.state) == ("serving", "started"):
            self._served_at, self._ever_served = self._clock(), True
            self.pause = None
        if (event.phase, event.state) == ("ended", "failed"):
            self._decide()
            if self.pause is not None:
                event = self._as_restart(event)
        self._emit(event)

    def _decide(self) -> None:
        served = self._clock() - self._served_at if self._served_at is not None else 0.0
        self._served_at = None
        if served >= PROVEN:
            self._in_a_row = 0
        allowed = self._ever_served and not self._asked_to_end() and self._in_a_row < self._limit
        self.pause = None
        if allowed:
            self.pause = min(FIRST_PAUSE * 2**self._in_a_row, LONGEST_PAUSE)
            self._in_a_row += 1

    def _as_restart(self, event: Event) -> Event:
        which = f"{self._in_a_row} of {self._limit}"
        message = f"{event.message}; it is started again in {self.pause:g} s ({which} in a row)"
        return replace(event, phase=PHASE, state="started", message=message)
