"""What a person sees of something long: one line a phase, on stderr."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.status import Status

    from deployer.event import Event

QUIET = 10.0
"""Seconds between two lines of progress where there is no terminal to draw on."""

MARKS = {"done": ("✓", "green"), "failed": ("✗", "red")}
STANDING = frozenset({"warmup"})
"""Phases whose progress is a result in itself (the latency of each request) and stays."""


class PhaseLines:
    """Draws the phases of an apply: a spinner with the time on a terminal, plain lines elsewhere.

    A context manager; :meth:`tell` takes each event as it comes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._status: Status | None = None
        self._last = clock()

    def __enter__(self) -> Self:
        """Start drawing."""
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - only on a terminal
            from rich.status import Status  # noqa: PLC0415

            self._status = Status("", console=Console(stderr=True))
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        if self._status is not None:
            self._status.stop()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal alone for the block, which asks something."""
        if self._status is not None:
            self._status.stop()
        yield
        if self._status is not None:
            self._status.start()

    def tell(self, event: Event) -> None:
        """Show one event."""
        if event.state in MARKS:
            self._line(event)
        elif event.phase in STANDING and event.state == "progress":
            self._print(f"    {event.phase:<8} {event.seconds:6.2f} s  {event.message}")
        elif self._status is not None:
            room = max(20, self._status.console.width - 24)  # one line, or the spinner smears
            message = _escaped(event.message[:room])
            self._status.update(f"{event.phase}  {event.seconds:.0f} s  {message}")
        elif event.state == "progress" and self._clock() - self._last >= QUIET:
            self._print(f"  … {event.phase:<8} {event.seconds:6.1f} s  {event.message}")

    def _line(self, event: Event) -> None:
        mark, colour = MARKS[event.state]
        self._print(
            f"  {click.style(mark, fg=colour)} {event.phase:<8} {event.seconds:6.1f} s  "
            f"{event.message}"
        )
        for line in event.detail:
            self._print(f"      {line}")

    def _print(self, text: str) -> None:
        """Print past the spinner; a stream that cannot carry a character gets an escape."""
        self._last = self._clock()
        encoding = sys.stderr.encoding or "utf-8"
        safe = text.encode(encoding, "backslashreplace").decode(encoding)
        if self._status is not None:
            self._status.console.print(safe, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(safe, err=True)


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


def _escaped(text: str) -> str:
    """Keep rich from reading an engine's log line as markup."""
    from rich.markup import escape  # noqa: PLC0415

    return escape(text)
