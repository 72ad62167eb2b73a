"""A large file on its way over many connections: its spans, and which of them are there.

A span is noted after its bytes were written, so what an earlier process noted is there; of those
that it was at, nothing is kept. Whether it is the right file, the hash of the whole says.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from deployer.files import move_whole, sync
from deployer.serve.weights.manifest import READ
from deployer.serve.weights.part import part_path
from deployer.serve.weights.record import round_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deployer.serve.weights.manifest import HubFile


class Spans:
    """The spans of one file. Threads take them together, each span once. Raises ``OSError``."""

    def __init__(self, folder: Path, file: HubFile, size: int) -> None:
        # Not the name of what one connection fetches, nor of spans of another size: it has holes.
        path = part_path(folder, file)
        self._path = path.with_name(f"{path.name}.{size}")
        self._notes = path.with_name(f"{path.name}.{size}.there")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._size = size
        self.count = -(-file.size // size)
        self._out = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._changed = threading.Condition()
        self._done = self._noted()
        self._open = [number for number in range(self.count) if number not in self._done]
        self._failure: BaseException | None = None

    @property
    def there(self) -> int:
        """The bytes of the spans that are there."""
        return sum(end - start for start, end in map(self.bounds, self._done))

    def bounds(self, number: int) -> tuple[int, int]:
        """Give where a span begins, and where the next one does."""
        return number * self._size, min((number + 1) * self._size, self._file.size)

    def take(self) -> int | None:
        """Take the first span that nobody is at; None where there is none."""
        with self._changed:
            return self._open.pop(0) if self._open else None

    def write(self, at: int, piece: bytes) -> None:
        """Write bytes in their place."""
        rest = memoryview(piece)
        while rest:
            written = os.pwrite(self._out, rest, at)
            rest, at = rest[written:], at + written

    def done(self, number: int) -> None:
        """Note that a span is there."""
        with self._changed:
            with self._notes.open("a", encoding="ascii") as notes:
                notes.write(f"{number}\n")
            self._done.add(number)
            self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """Let whoever waits know that a span will not come."""
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def wait(self, number: int, tick: float, ticked: Callable[[], None]) -> None:
        """Wait until a span is there, ``ticked`` called every so many seconds; raises its fault."""
        while True:
            with self._changed:
                if self._failure is not None:
                    raise self._failure
                if number in self._done:
                    return
                self._changed.wait(tick)
            ticked()

    def read(self, number: int) -> Iterator[bytes]:
        """Read a span that is there."""
        at, end = self.bounds(number)
        while at < end and (piece := os.pread(self._out, min(READ, end - at), at)):
            yield piece
            at += len(piece)

    def restart(self) -> None:
        """Forget everything that is there."""
        with self._changed:
            os.ftruncate(self._out, 0)
            self._notes.unlink(missing_ok=True)
            self._done.clear()
            self._open = list(range(self.count))

    def move_to(self, target: Path) -> None:
        """Put the whole file in its place."""
        sync(self._out)
        self.close()
        round_time(self._path)
        target.parent.mkdir(parents=True, exist_ok=True)
        move_whole(self._path, target)
        self._notes.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; what is there stays."""
        if self._out >= 0:
            os.close(self._out)
            self._out = -1

    def _noted(self) -> set[int]:
        """Read the notes of an earlier process; half a line is no note."""
        have = os.fstat(self._out).st_size
        try:
            lines = self._notes.read_text(encoding="ascii").split("\n")[:-1]
        except (OSError, ValueError):
            return set()
        found = {int(line) for line in lines if line.isdigit()}
        return {
            number for number in found if number < self.count and self.bounds(number)[1] <= have
        }
