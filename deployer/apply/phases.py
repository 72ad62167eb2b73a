"""Tells the phases of an apply, and keeps how long each took."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from deployer.errors import DeployerError
from deployer.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    OnEvent = Callable[[Event], None]

SUPERVISED = frozenset({"launch", "load", "memory", "warmup"})
"""The phases of a start that the supervisor tells itself."""


class Clocks(Protocol):
    """Where a phase gets its times from, in seconds."""

    @property
    def clock(self) -> Callable[[], float]:
        """Measure: any origin, never backwards."""

    @property
    def now(self) -> Callable[[], float]:
        """Date: since the epoch."""


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """How long one phase took, in seconds."""

    phase: str
    seconds: float


class Phase:
    """One phase that is under way."""

    def __init__(self, name: str, on_event: OnEvent, clocks: Clocks) -> None:
        self._name = name
        self._on_event = on_event
        self._clocks = clocks
        self._start = clocks.clock()
        self.result = ""
        self.end = "done"

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return self._clocks.clock() - self._start

    def tell(self, state: str, message: str) -> None:
        """Tell where it stands: ``started``, ``progress``, ``done`` or ``failed``."""
        event = Event(self._clocks.now(), self._name, state, message, round(self.seconds, 3))
        self._on_event(event)

    def forward(self, event: Event) -> None:
        """Pass on, as it is, what a server tells of its own start."""
        self._on_event(event)

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Tell what is going on, with the part that is done (0 to 1) where it is known."""
        part = "" if fraction is None else f" ({fraction:.0%})"
        self.tell("progress", f"{message}{part}")


class Phases:
    """The phases of one apply, in their order."""

    def __init__(self, on_event: OnEvent, clocks: Clocks) -> None:
        self._on_event = on_event
        self._clocks = clocks
        self._seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def phase(self, name: str, message: str) -> Iterator[Phase]:
        """Tell the start and the end of the block.

        The block may set what the end says (``result``) and that it is ``failed`` (``end``).
        """
        phase = Phase(name, self._on_event, self._clocks)
        phase.tell("started", message)
        try:
            yield phase
        except BaseException as error:
            phase.tell("failed", _reason(error))
            raise
        self._seconds[name] = phase.seconds
        phase.tell(phase.end, phase.result or message)

    def forward(self, event: Event) -> None:
        """Pass on what the supervisor tells."""
        if event.phase in SUPERVISED and event.state == "done":
            self._seconds[event.phase] = event.seconds
        self._on_event(event)

    def times(self) -> tuple[PhaseTime, ...]:
        """Give the phases that are done."""
        return tuple(PhaseTime(name, seconds) for name, seconds in self._seconds.items())


def _reason(error: BaseException) -> str:
    if isinstance(error, DeployerError):
        return error.message
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return type(error).__name__  # what else it says may hold a secret
