"""The engine's log, as `tail` shows it: the last lines, and on wish what comes."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, BinaryIO, Self

from deployer.apply.local.folder import existing
from deployer.apply.local.state import read_state
from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from deployer.apply.local.folder import Folder

_PAUSE = 0.2  # seconds between two looks at a log that is being followed
_BLOCK = 64 * 1024


def logs(
    name: str,
    *,
    follow: bool = False,
    lines: int = 100,
    environ: Mapping[str, str] = os.environ,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Give the last ``lines`` lines and, with ``follow``, further ones until the server ends.

    The log was redacted when it was written. Raises NotThere, with a near name, for a name that
    there is not, and Failure where there is no log: nothing is not what it said.
    """
    folder = existing(name, environ)
    return _follow(folder, lines, sleep) if follow else _show(folder, lines)


def _show(folder: Folder, lines: int) -> Iterator[str]:
    with _Log(folder.engine_log) as log:
        yield from log.last(lines)
        if not log.there:
            raise _missing(folder)
        yield from log.unfinished()


def _follow(folder: Folder, lines: int, sleep: Callable[[float], None]) -> Iterator[str]:
    with _Log(folder.engine_log) as log:
        yield from log.last(lines)
        while True:
            running = _is_running(folder)  # first this, so that its last lines are read below
            yield from log.news()
            if not running:
                if not log.there:
                    raise _missing(folder)
                yield from log.unfinished()
                return
            sleep(_PAUSE)


def _is_running(folder: Folder) -> bool:
    """Tell whether more may come. Raises Failure where the state cannot tell."""
    state = read_state(folder)
    return state is not None and state.is_running()


def _missing(folder: Folder) -> Failure:
    message = f"there is no engine log of `{folder.name}`: {folder.engine_log} is not there"
    hint = (
        f"the engine was never started, or the file was removed: `deployer status {folder.name}` "
        f"says how it stands, {folder.supervisor_log} what the supervisor said"
    )
    return Failure(message, hint=hint)


class _Log:
    """A log that grows, and that is moved to ``NAME.1`` when it has become long.

    ``there`` tells whether there was any of it to read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path)
        self._rest = b""
        self.there = self._file is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def last(self, lines: int) -> list[str]:
        """Give the last whole lines, from before the last rotation where that is needed."""
        found, self._rest = _tail(self._file, lines) if self._file else ([], b"")
        if len(found) < lines and (older := _open(self._path.with_name(f"{self._path.name}.1"))):
            self.there = True
            with older:
                found = [*_tail(older, lines - len(found))[0], *found]
        return [_text(line) for line in found]

    def news(self) -> Iterator[str]:
        """Give the lines that have become whole since the last call."""
        yield from self._read()
        while self._has_moved():
            yield from self._read()  # what was written between the last reading and the move
            yield from self.unfinished()
            if self._file is not None:
                self._file.close()
            self._file = _open(self._path)
            self.there = self.there or self._file is not None
            yield from self._read()

    def unfinished(self) -> Iterator[str]:
        """Give a last line that has no end."""
        if self._rest:
            yield _text(self._rest)
            self._rest = b""

    def _read(self) -> Iterator[str]:
        if self._file is None:
            return
        if os.fstat(self._file.fileno()).st_size < self._file.tell():  # someone has emptied it
            self._file.seek(0)
        while block := self._file.read(_BLOCK):
            *whole, self._rest = (self._rest + block).split(b"\n")
            yield from map(_text, whole)

    def _has_moved(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        return self._file is None or now.st_ino != os.fstat(self._file.fileno()).st_ino


def _open(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _tail(file: BinaryIO, lines: int) -> tuple[list[bytes], bytes]:
    """Give the last whole lines and what follows them; leaves the file at its end."""
    end = position = file.seek(0, os.SEEK_END)
    text, size = b"", _BLOCK
    while position and text.count(b"\n") <= lines:
        position = max(end - size, 0)
        file.seek(position)
        text = file.read(end - position)
        size *= 2
    *whole, rest = text.split(b"\n")
    if position:
        del whole[0]  # perhaps the end of a line only
    return whole[-lines:] if lines else [], rest


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r")
