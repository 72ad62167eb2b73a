"""A file on its way: the bytes that have arrived, and their hash so far."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from deployer.files import move_whole, sync
from deployer.serve.weights.manifest import OWN_FOLDER, READ
from deployer.serve.weights.record import round_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.serve.weights.manifest import HubFile


class Part:
    """The part of a file that is there. Every method may raise ``OSError``.

    The hash is taken of what arrives. What an earlier process left is read and hashed once.
    """

    def __init__(self, path: Path, file: HubFile, check: Callable[[], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = file
        self._hasher = file.hasher()
        self.size = 0
        # Unbuffered: what was written outlives the process, however that ends.
        self._out = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0)
        try:
            self._read_on(check)
        except BaseException:
            self.close()
            raise

    def write(self, piece: bytes) -> None:
        """Add bytes at the end. Those that a full disk took are counted, too."""
        rest = memoryview(piece)
        while rest:
            written = self._out.write(rest)
            self._hasher.update(rest[:written])
            self.size += written
            rest = rest[written:]

    def restart(self) -> None:
        """Forget everything that is there."""
        self._out.seek(0)
        self._out.truncate()
        self._hasher = self._file.hasher()
        self.size = 0

    def is_right(self) -> bool:
        """Say if this is the whole file with the right bytes."""
        return self.size == self._file.size and self._hasher.hexdigest() == self._file.digest

    def move_to(self, target: Path) -> None:
        """Put the whole file in its place."""
        sync(self._out.fileno())
        self.close()
        round_time(self._path)
        target.parent.mkdir(parents=True, exist_ok=True)
        move_whole(self._path, target)

    def close(self) -> None:
        """Let go of the file; what is there stays."""
        self._out.close()

    def _read_on(self, check: Callable[[], None]) -> None:
        if os.fstat(self._out.fileno()).st_size > self._file.size:
            self.restart()
        while piece := self._out.read(READ):
            check()
            self._hasher.update(piece)
            self.size += len(piece)


PARTS = f"{OWN_FOLDER}/parts"


def part_path(folder: Path, file: HubFile) -> Path:
    """Say where a file's part lies. Its name has the hash: another commit is another part."""
    return folder / PARTS / f"{file.path}.{file.digest[:16]}"


def drop_parts(folder: Path) -> None:
    """Remove what was begun and is not wanted any more, such as another commit's parts."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)


def part_size(folder: Path, file: HubFile) -> int:
    """Give the bytes of a file that an earlier download left."""
    try:
        size = part_path(folder, file).stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0
    return size if size <= file.size else 0
