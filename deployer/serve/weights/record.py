"""What has been hashed before: nobody reads 700 GB twice to learn the same.

A file counts as proven while its size and its time of change are those of the record, and the
record's hash is the one that the hub states. Anything else, and it is read again.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.codec import decode, encode, read_json
from deployer.files import write_whole
from deployer.serve.weights.manifest import OWN_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.serve.weights.manifest import HubFile

RECORD = f"{OWN_FOLDER}/hashed.json"
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file as it was when its hash was found to be ``digest``."""

    path: str
    size: int
    mtime_ns: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Page:
    files: tuple[Hashed, ...]


class Record:
    """The record in a folder. Threads may use it together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._files = {entry.path: entry for entry in _read(folder)}

    def proves(self, file: HubFile) -> bool:
        """Say if a file is there and was hashed as it stands."""
        entry = self._files.get(file.path)
        return entry is not None and entry == self.now(file)

    def now(self, file: HubFile) -> Hashed | None:
        """Describe a file as it stands, for :meth:`add` once it is hashed; None if not there."""
        try:
            found = (self._folder / file.path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Hashed(file.path, found.st_size, found.st_mtime_ns, file.digest)

    def add(self, entry: Hashed | None) -> None:
        """Note that a file has its hash. Raises ``OSError``."""
        if entry is None:
            return
        with self._lock:
            self._files[entry.path] = entry
            text = json.dumps(encode(_Page(tuple(self._files.values()))), indent=1)
            path = self._folder / RECORD
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)


def round_time(path: Path) -> None:
    """Give a file a time of change in whole seconds.

    Modal says nothing of how finely a volume keeps times from one container to the next; whole
    seconds survive what keeps no more. A later change has a time with a fraction again.
    """
    second = path.stat().st_mtime_ns // _SECOND * _SECOND
    with suppress(OSError):
        os.utime(path, ns=(second, second))


def _read(folder: Path) -> tuple[Hashed, ...]:
    try:
        text = (folder / RECORD).read_text(encoding="utf-8")
        return decode(_Page, read_json(text)).files
    except (OSError, ValueError):
        return ()  # no record: everything is hashed again, which is slow and never wrong
