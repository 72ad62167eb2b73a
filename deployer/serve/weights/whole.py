"""A whole file by Xet, which puts it together from chunks: hashed by us, and ours from then on.

hf_xet 1.8.0 compares no hash of what it fetches, begins a file anew after a kill, and holds its
buffers for each file that it is at. So it is at one file at a time, over connections of its own,
and whatever else happens is left to the ways that go on from a byte.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from deployer.files import move_whole, sync
from deployer.serve.weights.pace import Later
from deployer.serve.weights.part import part_path
from deployer.serve.weights.record import round_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.serve.weights.manifest import HubFile
    from deployer.serve.weights.pace import Gate, Pace
    from deployer.serve.weights.progress import Progress


class Whole:
    """Fetches files of more than ``above`` bytes into ``folder``. Threads use it together.

    ``by_xet`` puts a file at a path, and is given what counts the bytes that it says have arrived;
    it gives False where the file is not to be had so, and raises :class:`Later`.
    """

    def __init__(
        self,
        *,
        folder: Path,
        by_xet: Callable[[HubFile, Path, Callable[[int], None]], bool],
        progress: Progress,
        pace: Pace,
        gate: Gate,
        above: int,
    ) -> None:
        self._folder = folder
        self._by_xet = by_xet
        self._progress = progress
        self._pace = pace
        self._gate = gate
        self._above = above
        self._alone = threading.Lock()

    def fetch(self, file: HubFile) -> bool:
        """Fetch a file to its place; False where another way has to, as nothing is there of it.

        Once it has failed, it is used for nothing but what one answer of the hub cannot hold.
        Raises ``Stopped``, and ``OSError``.
        """
        if file.size <= self._above:
            return False
        path = part_path(self._folder, file)
        path = path.with_name(f"{path.name}.xet")
        while not self._alone.acquire(timeout=self._pace.tick):
            self._gate.check()
        try:
            return file.size > self._above and self._fetch(file, path)
        finally:
            self._alone.release()

    def _fetch(self, file: HubFile, path: Path) -> bool:
        arrived = 0

        def count(size: int) -> None:
            nonlocal arrived
            if size:
                arrived += size
                self._progress.fetched(file.path, size)
            self._progress.tick()

        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._gate.enter()
            if not self._by_xet(file, path, count):
                return False
            count(file.size - arrived)
            if file.is_at(path, self._gate.check):
                self._settle(path, self._folder / file.path)
                return True
            reason = "Xet brought wrong bytes"
        except Later as later:
            reason = later.reason
        self._progress.lost(arrived)
        path.unlink(missing_ok=True)
        self._above = max(self._above, self._pace.one_answer)
        self._progress.note(f"{file.path}: {reason}; going on without Xet")
        return False

    @staticmethod
    def _settle(path: Path, target: Path) -> None:
        with path.open("rb") as file:
            sync(file.fileno())
        round_time(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        move_whole(path, target)
