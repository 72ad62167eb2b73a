"""What has been hashed before: nobody reads 700 GB twice to learn the same.

A file counts as proven while its size and its time of change are those of its note, and the note's
hash is the one that the hub states. Anything else, and it is read again. Each file has a note of
its own: several containers fill one folder, and a volume keeps the last that was written of a file.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.codec import decode, encode, read_json
from deployer.files import write_whole
from deployer.serve.weights.manifest import OWN_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.serve.weights.manifest import HubFile

NOTES = f"{OWN_FOLDER}/hashed"
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file as it was when its hash was found to be ``digest``."""

    path: str
    size: int
    mtime_ns: int
    digest: str


class Record:
    """The notes in a folder. Threads may use them together, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def proves(self, file: HubFile) -> bool:
        """Say if a file is there and was hashed as it stands."""
        now = self.now(file)
        return now is not None and now == self._noted(file)

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
        path = self._note(entry.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(encode(entry), indent=1))

    def _noted(self, file: HubFile) -> Hashed | None:
        """Read a note; without one a file is hashed again, which is slow and never wrong."""
        try:
            text = self._note(file.path).read_text(encoding="utf-8")
            return decode(Hashed, read_json(text))
        except (OSError, ValueError):
            return None

    def _note(self, path: str) -> Path:
        return self._folder / NOTES / f"{path}.json"


def round_time(path: Path) -> None:
    """Give a file a time of change in whole seconds.

    Modal says nothing of how finely a volume keeps times from one container to the next; whole
    seconds survive what keeps no more. A later change has a time with a fraction again.
    """
    second = path.stat().st_mtime_ns // _SECOND * _SECOND
    with suppress(OSError):
        os.utime(path, ns=(second, second))
