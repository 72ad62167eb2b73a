"""The engine's output: read without ever holding up the engine, redacted, kept, shown."""

from __future__ import annotations

import fcntl
import os
import select
import sys
import termios
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.diagnose.line import BARS, unbarred
from deployer.diagnose.reader import Reader
from deployer.diagnose.words import OURS
from deployer.late import compile_pattern
from deployer.serve.sink import RotatingFile, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from io import RawIOBase
    from pathlib import Path

    from deployer.diagnose.diagnosis import Diagnosis
    from deployer.diagnose.stages import Mark
    from deployer.serve.redact import Redactor

PIECE = 256 * 1024
PIPE_SIZE = 1024 * 1024  # fs.pipe-max-size, up to which any user may go; pipe(7)
LINES = 40
LINE_LIMIT = 1000
FILE_LIMIT = 64 * 1024 * 1024
STREAM_LIMIT = 8 * 1024 * 1024
DIAGNOSIS = "the diagnosis"
READER_LIMIT = 8 * 1024 * 1024
SETTLE_EVERY = 0.002
SETTLE = 10.0
"""Seconds that the log gets to catch up before a failure is told: its cause may be in the pipe.

That takes a moment; longer only where its readers get no turn at a processor.
"""

LAST_WORDS = 2.0
"""Seconds. How long the end of a log may take to reach a slow disk or terminal."""

_BARS = tuple(each.encode() for each in BARS)

ESCAPES = compile_pattern(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)?")
"""Terminal escapes (ECMA-48 CSI, OSC, and the short ones): failure reports go to terminals."""


PASSING = compile_pattern(r"\s|Traceback \(most recent call last\)|.*:\d+: \w*Warning: ")
"""Lines that say nothing of where the engine stands: what Python's :mod:`warnings` writes (a place
and a source line below it, such as ``  warnings.warn(``), and what continues another line."""


def newest(lines: Sequence[str]) -> str:
    """Give the newest line that says where an engine stands; '' where there is no line at all."""
    found = next((line for line in reversed(lines) if line and not PASSING.match(line)), "")
    return found.strip() or ("only warnings so far" if lines else "")


class Tail:
    """The last lines of an output, for failure reports; memory is bounded in every direction.

    Of all progress bars the newest one stays, where it stands among the lines: it says how far
    something got, and those before it push out what tells why it went no further.
    """

    def __init__(self, lines: int = LINES) -> None:
        self._lock = threading.Lock()
        self._lines: deque[bytes] = deque(maxlen=lines)
        self._bar: bytes | None = None
        self._partial = b""

    def feed(self, data: bytes) -> None:
        """Take the next piece. A carriage return ends a line too: progress bars use them."""
        pieces = data.replace(b"\r", b"\n").split(b"\n")
        with self._lock:
            pieces[0] = self._partial + pieces[0][: LINE_LIMIT - len(self._partial)]
            self._partial = pieces.pop()[:LINE_LIMIT]
            self._lines.extend(reversed(self._newest(pieces)))

    def lines(self) -> tuple[str, ...]:
        """Give the last lines, the unfinished one included, as printable text."""
        with self._lock:
            raw, last = list(self._lines), self._partial
            shown = _unbarred(last)
            if last.strip() and not shown:  # a bar that goes on: the newest
                raw = [line for line in raw if line is not self._bar]
            raw += [shown or last] if last.strip() else []
        return tuple(_printable(line) for line in raw)

    def last(self) -> str:
        """Give the newest line that says something, or '' if there is none yet."""
        return newest(self.lines())

    def _newest(self, pieces: Sequence[bytes]) -> list[bytes]:
        """Give as many lines as are kept, the newest first; a flood is not looked at further."""
        found: list[bytes] = []
        bar = None
        for piece in reversed(pieces):
            if len(found) == self._lines.maxlen:
                break
            line = piece[:LINE_LIMIT]
            shown = _unbarred(line)
            if shown.strip():
                found.append(shown)
            elif line.strip() and bar is None:
                bar = line
                found.append(bar)
        if bar is not None:
            with suppress(ValueError):
                self._lines.remove(self._bar or b"")
            self._bar = bar
        return found


def _unbarred(line: bytes) -> bytes:
    """Give what is left of a line without the progress bars before it."""
    if not any(each in line for each in _BARS):
        return line
    return unbarred(ESCAPES.sub("", line.decode(errors="replace"))).encode()


class EngineLog:
    """The engine's log: a file, a tail, what it tells of a failure, and a stream if one is given.

    ``stream`` must be unbuffered; writing to it may block or fail, nobody waits for it.
    """

    def __init__(
        self,
        path: Path,
        redactor: Redactor,
        stream: RawIOBase | None = None,
    ) -> None:
        self._tail = Tail()
        self._troubles: list[str] = []
        self._redactor = redactor
        self._stream = redactor.stream()
        self._file = RotatingFile(path)
        self._reader = Reader()
        self._sinks = [
            Sink(f"the log file {path}", self._file.write, FILE_LIMIT, self._complain),
            Sink(DIAGNOSIS, self._reader.feed, READER_LIMIT, self._complain),
        ]
        if stream is not None:
            write = _whole(stream)
            self._sinks.append(Sink("the log stream", write, STREAM_LIMIT, self._complain))
        self._wake, self._waker = os.pipe()
        self._thread: threading.Thread | None = None
        self._cut = False
        self._output = -1
        self._reads = 0
        self._pieces = 0
        self._reading = False

    def follow(self, output: int) -> None:
        """Begin to read the engine's output from a file descriptor."""
        with suppress(OSError):
            fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        os.set_blocking(output, False)
        self._output = output
        self._thread = threading.Thread(target=self._pump, args=(output,), name="log", daemon=True)
        self._thread.start()

    def tail(self) -> tuple[str, ...]:
        """Give the last lines, redacted, after what went wrong with the log itself."""
        return (*self._troubles, *self._tail.lines())

    def last(self) -> str:
        """Give the newest line that says something, redacted."""
        return self._tail.last()

    def diagnosis(self, *, ended: bool = False) -> Diagnosis | None:
        """Give the first cause that the log tells of; ``ended`` where the engine is gone, unasked.

        Once the log is closed that is of all of it.
        """
        return self._reader.diagnosis(ended=ended)

    def listen(self, on_mark: Callable[[Mark, str], None]) -> None:
        """Let somebody hear of each stage that the log tells, and which rank told it."""
        self._reader.on_mark = on_mark

    @property
    def stage(self) -> str:
        """The stage of the engine's start that was told last; '' before any."""
        return self._reader.stage

    def note(self, *lines: str) -> None:
        """Write lines of our own into the log, redacted; they are no part of its tail."""
        text = "".join(f"{OURS}{line}\n" for line in lines)
        stream = self._redactor.stream()
        data = stream.feed(f"\n{text}".encode(errors="replace")) + stream.finish()
        for sink in self._sinks:
            if sink.name != DIAGNOSIS:
                sink.put(data)

    def tell(self, line: str) -> None:
        """Write a line of our own that tells of a failure: it is read for the diagnosis, too."""
        self.note(line.removeprefix(OURS))
        self._reader.feed(f"\n{line}\n".encode())

    def settle(self, seconds: float = SETTLE) -> None:
        """Wait until what is in the pipe by now has been read, for at most ``seconds``.

        What is written later is not waited for, so that nobody who escaped us holds this up: after
        the piece at hand so many hold a whole pipe. For the end: a last line is then taken for
        whole.
        """
        deadline = time.monotonic() + seconds
        enough = self._pieces + 1 + PIPE_SIZE // PIECE
        while self._unread() and self._pieces < enough and time.monotonic() < deadline:
            time.sleep(SETTLE_EVERY)
        for sink in self._sinks:
            if sink.name == DIAGNOSIS:
                sink.settle(max(0.0, deadline - time.monotonic()))
        self._reader.finish()

    def _unread(self) -> bool:
        """Whether something of the log waits to be read."""
        reads = self._reads
        pumping = self._thread is not None and self._thread.is_alive()
        return pumping and (_waiting(self._output) > 0 or self._reading or reads != self._reads)

    def close(self) -> None:
        """Read what is there, write it out, and end; an unread rest is no reason to wait."""
        os.close(self._waker)
        if self._thread:
            self._thread.join(LAST_WORDS)
            self._cut = True  # somebody who escaped us still writes
            self._thread.join()
        os.close(self._wake)
        written = [sink.close(LAST_WORDS) for sink in self._sinks]
        self._reader.finish()
        if written[0]:  # else a write hangs in there, and its descriptor must stay its own
            self._file.close()

    def _pump(self, output: int) -> None:
        poll = select.poll()
        poll.register(output, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while self._read(output):
            self._reading = False
            ready = [number for number, _ in poll.poll()]
            if output not in ready:
                break
        self._spread(self._stream.finish())

    def _read(self, output: int) -> bool:
        """Read what is there; gives whether more can come."""
        self._reading = True
        self._reads += 1
        try:
            while not self._cut and (data := os.read(output, PIECE)):
                self._spread(self._stream.feed(data))
                self._pieces += 1
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _spread(self, data: bytes) -> None:
        if data:
            self._tail.feed(data)
            for sink in self._sinks:
                sink.put(data)

    def _complain(self, message: str) -> None:
        self._troubles.append(f"{OURS}{message}")  # a flood would wash it out of the tail
        self._spread(f"\n{OURS}{message}\n".encode())


def _waiting(output: int) -> int:
    """Give how many bytes wait in a pipe; 0 where that cannot be known."""
    try:
        count = fcntl.ioctl(output, termios.FIONREAD, bytes(4))
    except OSError:
        return 0
    return int.from_bytes(count, sys.byteorder)


def _whole(stream: RawIOBase) -> Callable[[bytes], None]:
    """Give a function that writes all of its bytes; a raw stream may take only some at a time."""

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = stream.write(view)
            if written is None:  # somebody made the stream non-blocking, and it is full
                select.select([], [stream], [])
            view = view[written or 0 :]

    return write


def _printable(line: bytes) -> str:
    text = ESCAPES.sub("", line.decode(errors="replace"))
    cut = " [...]" if len(line) >= LINE_LIMIT else ""
    return "".join(c for c in text.expandtabs(4) if c.isprintable()) + cut
