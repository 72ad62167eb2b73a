"""What a person sees of something long: one line a phase, on stderr."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import click

from deployer.cli.say import harmless, tell
from deployer.visible import visible

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.status import Status
    from rich.text import Text

    from deployer.event import Event

QUIET = 10.0
"""Seconds between two lines of progress where there is no terminal to draw on."""

MARKS = {"done": ("✓", "green"), "failed": ("✗", "red")}
STANDING = frozenset({"boot", "warmup"})
"""Phases whose progress is a result in itself (a latency, what took too long) and stays."""


class Over(Protocol):
    """What says that the drawing is over: a :class:`threading.Event`, or a test's own."""

    def wait(self, timeout: float) -> bool:
        """Wait for it, some seconds at most; whether it is over."""

    def set(self) -> None:
        """Say that it is over."""


@dataclass(frozen=True, slots=True)
class Running:
    """A phase that goes on. Rich asks it at every refresh how it looks, so its time is right."""

    phase: str
    since: float
    message: str
    clock: Callable[[], float]

    def line(self) -> str:
        """Write it for a stream that is no terminal."""
        return f"  … {self.phase:<8} {self.clock() - self.since:6.1f} s  {self.message}"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Write it on one line of the terminal, or the spinner smears."""
        from rich.text import Text  # noqa: PLC0415 - only on a terminal

        del console
        shown = f"{self.phase}  {self.clock() - self.since:.0f} s  {self.message}"
        text = Text(shown, no_wrap=True, overflow="ellipsis")
        text.truncate(max(20, options.max_width - 4), overflow="ellipsis")
        yield text


class PhaseLines:
    """Draws the phases of an apply: a spinner with the time on a terminal, plain lines elsewhere.

    A context manager; :meth:`tell` takes each event as it comes. The time of a phase goes on by
    itself: what a phase waits for may have nothing to say for minutes.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, over: Over | None = None
    ) -> None:
        self._clock = clock
        self._over = over or threading.Event()
        self._ticker: threading.Thread | None = None
        self._lock = threading.RLock()
        self._status: Status | None = None
        self._running: Running | None = None
        self._last = clock()

    def __enter__(self) -> Self:
        """Start drawing."""
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - only on a terminal
            from rich.status import Status  # noqa: PLC0415

            self._status = Status("", console=Console(stderr=True))
            self._status.start()
        else:
            self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
            self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        self._over.set()
        if self._ticker is not None:
            self._ticker.join()
        self._drawn(lambda status: status.stop())

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal alone for the block, which asks something."""
        with self._lock:
            self._drawn(lambda status: status.stop())
            yield
            self._drawn(lambda status: status.start())

    def note(self, text: str) -> None:
        """Show a sentence beside the phases, at once."""
        with self._lock:
            self._print(f"  {visible(text)}")

    def tell(self, event: Event) -> None:
        """Show one event."""
        with self._lock:
            if event.state in MARKS:
                self._running = None
                self._line(event)
            elif event.phase in STANDING and event.state == "progress":
                line = f"    {event.phase:<8} {event.seconds:6.2f} s  {visible(event.message)}"
                self._print(line)
            else:
                self._goes_on(event)

    def _goes_on(self, event: Event) -> None:
        """Remember what runs since when; and show it, where that is due."""
        self._running = Running(
            event.phase, self._clock() - event.seconds, visible(event.message), self._clock
        )
        running = self._running
        if self._status is not None:
            self._drawn(lambda status: status.update(running))
        elif event.state == "progress":
            self._now_and_then()

    def _now_and_then(self) -> None:
        if self._running is not None and self._clock() - self._last >= QUIET:
            self._print(self._running.line())

    def _tick(self) -> None:
        """Say every :data:`QUIET` seconds what runs, though nothing happens."""
        while not self._over.wait(max(0.0, self._last + QUIET - self._clock())):
            with self._lock:
                self._now_and_then()
                if self._running is None:
                    self._last = self._clock()

    def _line(self, event: Event) -> None:
        mark, colour = MARKS[event.state]
        self._print(
            f"  {click.style(mark, fg=colour)} {event.phase:<8} {event.seconds:6.1f} s  "
            f"{visible(event.message)}"
        )
        for line in event.detail:
            self._print(f"      {harmless(line)}")

    def _print(self, text: str) -> None:
        """Print past the spinner; a stream that cannot carry a character gets an escape."""
        self._last = self._clock()
        if self._status is None:
            tell(text)
            return
        from rich.text import Text  # noqa: PLC0415 - only on a terminal

        shown = Text.from_ansi(text)
        self._drawn(lambda status: status.console.print(shown, soft_wrap=True))

    def _drawn(self, change: Callable[[Status], None]) -> None:
        """Change what is drawn; a terminal that is gone is drawn on no more, and stops nothing."""
        if self._status is None:
            return
        try:
            change(self._status)
        except (OSError, ValueError):
            self._status = None


class Steps:
    """Draws one long step that tells text and fraction, such as an installation."""

    def __init__(self, lines: PhaseLines, name: str) -> None:
        self._lines = lines
        self._name = name
        self._start = time.monotonic()
        self._last = ""

    def __call__(self, message: str, fraction: float | None) -> None:
        """Show where the step stands."""
        self._last = message
        part = "" if fraction is None else f"{fraction:4.0%}  "
        self._tell("progress", f"{part}{message}")

    def done(self) -> None:
        """Show that the step is done, with the last that it told."""
        self._tell("done", self._last)

    def _tell(self, state: str, message: str) -> None:
        from deployer.event import Event  # noqa: PLC0415

        elapsed = time.monotonic() - self._start
        self._lines.tell(Event(time.time(), self._name, state, message, elapsed))
