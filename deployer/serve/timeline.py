"""The phases of a server's life, told as events with the time that each has taken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deployer.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.serve.redact import Redactor


class Timeline:
    """Tells events: ``clock`` measures phases (seconds, any origin), ``now`` dates the events."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        redactor: Redactor,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._emit = emit
        self._redactor = redactor
        self._clock = clock
        self._now = now
        self._since = clock()
        self.phase = "launch"

    def start(self, phase: str, message: str) -> None:
        """Begin a phase."""
        self.phase = phase
        self._since = self._clock()
        self._tell("started", message)

    def progress(self, message: str, seconds: float | None = None) -> None:
        """Tell how the phase goes on; ``seconds`` if they are not those of the phase."""
        self._tell("progress", message, seconds)

    def done(self, message: str) -> None:
        """Tell that the phase has reached its aim."""
        self._tell("done", message)

    def late(self, message: str, seconds: float) -> None:
        """Tell that a part of the start takes longer than it should; any thread may."""
        self._tell("progress", message, seconds, phase="boot")

    def ready(self, message: str, seconds: float, record: str) -> None:
        """Tell how the whole start went."""
        self._tell("done", message, seconds, record=record, phase="boot")

    def fail(self, message: str, detail: tuple[str, ...] = ()) -> None:
        """Tell that the phase has failed."""
        self._tell("failed", message, detail=detail)

    def end(self, message: str, detail: tuple[str, ...] = (), *, failed: bool) -> None:
        """Tell that all is over. It happens at a moment and takes no time."""
        self.phase = "ended"
        self._since = self._clock()
        self._tell("failed" if failed else "done", message, detail=detail)

    def _tell(
        self,
        state: str,
        message: str,
        seconds: float | None = None,
        detail: tuple[str, ...] = (),
        record: str = "",
        phase: str = "",
    ) -> None:
        took = self._clock() - self._since if seconds is None else seconds
        clean = self._redactor.text
        lines = tuple(clean(line) for line in detail)
        name, told = phase or self.phase, clean(message)
        self._emit(Event(self._now(), name, state, told, round(took, 3), lines, record))
