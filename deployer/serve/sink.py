"""Where the engine's output goes: a file that is rotated, a stream, each at its own pace."""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROTATE_AT = 64 * 1024 * 1024
"""Bytes. A log file that reaches this becomes the one old log; together at most twice this."""


class Sink:
    """Hands bytes to a blocking ``write`` in a thread of its own.

    Whoever puts never waits: a terminal that is paused or a disk that hangs must not stop the
    engine. What does not fit in ``limit`` bytes of memory is dropped, and a line says so. The
    first error of ``write`` is told to ``complain``; later pieces are tried all the same,
    because a full disk may have room again.
    """

    def __init__(
        self, name: str, write: Callable[[bytes], None], limit: int, complain: Callable[[str], None]
    ) -> None:
        self.name = name
        self._write = write
        self._limit = limit
        self._complain = complain
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._dropped = 0
        self._failed = False
        self._writing = False
        self._taken = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)
        self._thread.start()

    def settle(self, timeout: float) -> None:
        """Wait until all that was put by now is written, for at most ``timeout`` seconds."""
        with self._changed:
            # What waits is taken at once, after what is being written.
            enough = self._taken + bool(self._pieces) + self._writing
            self._changed.wait_for(lambda: self._taken >= enough, timeout)

    def put(self, data: bytes) -> None:
        """Take a piece, or drop it when too much is waiting."""
        with self._changed:
            if self._held + len(data) > self._limit:
                self._dropped += len(data)
                return
            self._pieces.append(data)
            self._held += len(data)
            self._changed.notify_all()

    def close(self, timeout: float) -> bool:
        """Write what is waiting, for at most ``timeout`` seconds; gives whether that is done."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while data := self._next():
            try:
                self._write(data)
            except (OSError, ValueError) as error:
                if not self._failed:
                    self._failed = True
                    reason = getattr(error, "strerror", None) or str(error)
                    self._complain(f"cannot write {self.name}: {reason}; the engine goes on")

    def _next(self) -> bytes:
        with self._changed:
            self._taken += self._writing
            self._writing = False
            self._changed.notify_all()
            while not self._pieces and not self._dropped and not self._closing:
                self._changed.wait()
            data = b"".join(self._pieces)
            self._writing = bool(data)
            self._pieces.clear()
            self._held = 0
            if self._dropped:
                data += f"\n[deployer] {self._dropped} bytes of log were dropped here\n".encode()
                self._dropped = 0
            return data


class RotatingFile:
    """A log file to append to, which starts anew at a size and keeps one old log.

    It is readable by its owner alone: a log may hold what users wrote. Raises
    :class:`Failure` when it cannot be opened at first.
    """

    def __init__(self, path: Path, rotate_at: int = ROTATE_AT) -> None:
        self._path = path
        self._rotate_at = rotate_at
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open()
        except OSError as error:
            msg = f"cannot write the log file {path}: {error.strerror}"
            raise Failure(msg) from error

    def write(self, data: bytes) -> None:
        """Append all of ``data``; raises ``OSError`` for a full disk and the like."""
        start = 0
        while start < len(data):
            end = self._fitting(data, start)
            if end == start:
                self._rotate()
            else:
                written = os.write(self._file, memoryview(data)[start:end])
                self._size += written
                start += written

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _fitting(self, data: bytes, start: int) -> int:
        """Give where the part ends that this file takes: after a line, if one fits."""
        room = self._rotate_at - self._size
        if len(data) - start <= room:
            return len(data)
        line_end = data.rfind(b"\n", start, start + max(room, 0)) + 1
        return line_end or (start if self._size else start + room)

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._size = os.fstat(self._file).st_size

    def _rotate(self) -> None:
        old = self._file
        with suppress(FileNotFoundError):  # moved by a try that then found no room to go on
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._open()
        os.close(old)
