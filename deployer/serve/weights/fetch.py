"""One file from the hub to its place: fetched on from where it stopped, hashed, moved."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.serve.weights.needed import is_shard
from deployer.serve.weights.pace import Gate, Later, Pace, Patience
from deployer.serve.weights.part import Part, part_path
from deployer.serve.weights.patient import pieces
from deployer.serve.weights.safetensors import problem
from deployer.serve.weights.space import FULL, too_full

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.serve.weights.hub import Hub
    from deployer.serve.weights.manifest import HubFile, Manifest
    from deployer.serve.weights.progress import Progress
    from deployer.serve.weights.record import Record


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Puts the files of a manifest into a folder. Threads use one together, a file each."""

    hub: Hub
    manifest: Manifest
    folder: Path
    record: Record
    progress: Progress
    pace: Pace
    gate: Gate
    wide: Callable[[HubFile], bool]
    wide_above: int
    """What fetches a shard over several connections, and above how many bytes; any other file has
    one connection."""
    whole: Callable[[HubFile], bool] | None = None
    """What is asked first to put a shard in its place, and may leave it to the others."""

    def settle(self, file: HubFile) -> None:
        """See to it that a file is there and proven. Raises ``Failure``, or ``Stopped``."""
        self.gate.check()
        try:
            if not self._is_there(file):
                self._fetch(file)
        except OSError as error:
            raise self._broken(file, error) from error
        self.progress.ready()

    def _is_there(self, file: HubFile) -> bool:
        """Hash a file that lies there unproven; a wrong one is removed, it helps nobody."""
        path, found = self.folder / file.path, self.record.now(file)
        if self.record.proves(file) and not (is_shard(file.path) and problem(path, file.size)):
            return True
        if found is None:
            return False
        if found.size == file.size and file.is_at(path, self.gate.check):
            self.record.add(found)
            return True
        if found.size == file.size:
            self.progress.lost(file.size)
        path.unlink()
        return False

    def _fetch(self, file: HubFile) -> None:
        shard = is_shard(file.path)
        if shard and self.whole is not None and self.whole(file):
            self.record.add(self.record.now(file))
        elif shard and file.size > self.wide_above:
            self._fetch_wide(file)
        else:
            self._fetch_narrow(file)

    def _fetch_wide(self, file: HubFile) -> None:
        for _ in range(self.pace.copies):
            if self.wide(file):
                self.record.add(self.record.now(file))
                return
            self.progress.trouble(file.path, _once_more(file))
        raise self._wrong(file)

    def _fetch_narrow(self, file: HubFile) -> None:
        part = Part(part_path(self.folder, file), file, self.gate.check)
        try:
            for _ in range(self.pace.copies):
                self._fill(file, part)
                if part.is_right():
                    part.move_to(self.folder / file.path)
                    self.record.add(self.record.now(file))
                    return
                self.progress.lost(part.size)
                self.progress.trouble(file.path, _once_more(file))
                part.restart()
        finally:
            part.close()
        raise self._wrong(file)

    def _wrong(self, file: HubFile) -> Failure:
        message = f"{file.path} arrived {self.pace.copies} times with another hash than the hub"
        message += f" states ({file.algorithm} {file.digest})"
        return Failure(message, hint="something between here and the hub changes what it sends")

    def _fill(self, file: HubFile, part: Part) -> None:
        """Fetch until the part has the file's size, through all that passes."""
        patience = Patience(f"fetching {file.path}", self.pace, self.gate)
        while part.size < file.size:
            before = part.size
            try:
                self.gate.enter()
                self._stream(file, part)
            except Later as later:
                if part.size > before:
                    patience.something_arrived()
                self.progress.trouble(file.path, f"waiting because {later.reason}")
                patience.wait(later)

    def _stream(self, file: HubFile, part: Part) -> None:
        repo, commit = self.manifest.repo, self.manifest.commit
        response, offset = self.hub.open(repo, commit, file.path, part.size)
        with response:
            if offset != part.size:
                self.progress.lost(part.size)
                part.restart()
            for piece in pieces(response, self.pace, file.path):
                self.gate.check()
                self._take(file, part, piece)
                if part.size == file.size:
                    break
        if part.size < file.size:
            message = f"{file.path} ended after {part.size} of {file.size} bytes"
            raise Later(message)

    def _take(self, file: HubFile, part: Part, piece: bytes) -> None:
        before = part.size
        try:
            part.write(piece)
        finally:
            self.progress.fetched(file.path, part.size - before)
        if part.size > file.size:
            self.progress.lost(part.size)
            part.restart()
            message = f"more than the {file.size} bytes of {file.path} arrive"
            raise Later(message)

    def _broken(self, file: HubFile, error: OSError) -> Failure:
        if error.errno in FULL:
            return too_full(self.folder, self.progress.missing())
        where = self.folder / file.path
        if error.errno == errno.EROFS:
            return Failure(f"{where} cannot be written: the volume is read-only")
        return Failure(f"{where} cannot be written or read: {error.strerror or error}")


def _once_more(file: HubFile) -> str:
    return f"{file.path} arrived with wrong bytes, and once more"
