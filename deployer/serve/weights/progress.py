"""How far a download is, told as events."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from deployer.event import Event
from deployer.serve.weights.space import amount

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.errors import Failure

PHASE = "weights"
EVERY = 2.0
"""Seconds between two reports at least."""

WINDOW = 30.0
"""Seconds over which the rate is taken."""

MANY = 10
"""Files within the window from which on they are told to be of a kind."""

SMALL = 1e6
"""Bytes below which a file takes about as long as the question for it: measured with 5,009 files,
where the rate of the small ones told 55 minutes for large ones that took 7 seconds."""

_HOUR = 3600
_MINUTE = 60


class Progress:
    """Counts bytes and files, and tells. Threads may count together; one of them tells."""

    def __init__(
        self,
        tell: Callable[[Event], None],
        clock: Callable[[], float] = time.monotonic,
        record: Callable[[int, str], str] = lambda _there, _trouble: "",
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._record = record
        self._lock = threading.Lock()
        self._begun = clock()
        self._last = self._begun
        self._rates: deque[tuple[float, int, int]] = deque()
        self._troubles: dict[str, str] = {}
        self._size = self._files = self._there = self._ready = self._fetched = 0

    def plan(self, files: int, size: int, there: int) -> None:
        """Say what has to be there at the end, and how many bytes are there already."""
        with self._lock:
            self._files, self._size, self._there = files, size, there

    def fetched(self, path: str, size: int, *, fresh: bool = True) -> None:
        """Count bytes of a file that arrived: whatever held it up is over.

        What is not ``fresh`` was there before, and says nothing of how fast it arrives.
        """
        with self._lock:
            self._there += size
            if fresh:
                self._fetched += size
                self._troubles.pop(path, None)

    def lost(self, size: int) -> None:
        """Count bytes that were there and were wrong."""
        with self._lock:
            self._there -= size

    def ready(self) -> None:
        """Count a file that is there and proven."""
        with self._lock:
            self._ready += 1

    def trouble(self, path: str, text: str) -> None:
        """Note what holds a file up, for reports until some of it arrives."""
        with self._lock:
            self._troubles[path] = text

    def missing(self) -> int:
        """Give the bytes that are still to be fetched."""
        with self._lock:
            return self._size - self._there

    def arrived(self) -> int:
        """Give the bytes that were fetched since the start."""
        with self._lock:
            return self._fetched

    def started(self, text: str) -> None:
        """Tell that the download, or a part of it, begins."""
        self._say("started", text)

    def tick(self) -> None:
        """Tell how far it is, unless that has just been told."""
        now = self._clock()
        with self._lock:
            self._rates.append((now, self._fetched, self._ready))
            while self._rates[0][0] < now - WINDOW:
                self._rates.popleft()
            due = now - self._last >= EVERY
            text = self._text() if due else ""
            record = self._record(self._there, self._trouble()) if due else ""
            self._last = now if due else self._last
        if due:
            self._say("progress", text, record=record)

    def note(self, text: str, record: str = "") -> None:
        """Tell something at once, whatever was told just before."""
        self._say("progress", text, record=record)

    def done(self, text: str) -> None:
        """Tell that everything is there."""
        self._say("done", text)

    def failed(self, failure: Failure) -> None:
        """Tell why it ended."""
        self._say("failed", failure.message, (failure.hint,) if failure.hint else ())

    def _text(self) -> str:
        unit, scale = ("GB", 1e9) if self._size >= 1e9 else ("MB", 1e6)  # noqa: PLR2004 - a GB
        parts = [
            f"{self._there / scale:.1f} of {self._size / scale:.1f} {unit}",
            f"{self._ready} of {self._files} files",
        ]
        (first, before, _), (last, after, _) = self._rates[0], self._rates[-1]
        if last > first and after > before:
            rate = (after - before) / (last - first)
            parts += [f"{amount(rate)}/s", self._left(rate)]
        elif self._there < self._size:
            parts.append(f"nothing arrived for {last - first:.0f} s")
        else:
            parts.append("checking")
        return ", ".join([*parts, *filter(None, (self._trouble(),))])

    def _trouble(self) -> str:
        return next(reversed(self._troubles.values()), "")

    def _left(self, rate: float) -> str:
        """Say how long it takes still, at a rate in bytes a second; or that nobody can tell.

        Small files are held up by the question for each, large ones by the bandwidth: what was
        fetched of the one says nothing about the other.
        """
        (_, size, files), (_, now, ready) = self._rates[0], self._rates[-1]
        there = self._size - self._there
        mean, left = (now - size) / max(1, ready - files), there / max(1, self._files - self._ready)
        if ready - files > MANY and mean < SMALL < left:
            return "how long the large files take is not known yet"
        return f"about {_duration(there / rate)} left"

    def _say(
        self, state: str, text: str, detail: tuple[str, ...] = (), *, record: str = ""
    ) -> None:
        took = self._clock() - self._begun
        self._tell(Event(time.time(), PHASE, state, text, round(took, 3), detail, record))


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"
