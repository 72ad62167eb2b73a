"""Keeping what a compilation has made while it still runs: a container may end at any moment.

Containers with GPUs can be preempted, with a signal and 30 s or without either, and a compilation
holds eight GPUs for up to an hour. So what is whole goes to the volume now and then, at a signal
before anything else, and at the end. Without a marker it proves nothing; it shortens the next try.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deployer.errors import Failure
from deployer.serve.kernels.entries import copy_entries
from deployer.serve.timeline import Timeline

KEEP_EVERY = 30.0
"""Seconds from the end of one save to the next: with the time that it takes, less than a minute."""


@dataclass(slots=True)
class Keeper:
    """Copies whole kernels from ``local`` to ``cache``, and lets ``commit`` make that last.

    ``check`` raises where somebody asked to stop. DeepGEMM puts a kernel's code in its place last
    and by a rename, so what is whole while it compiles stays so.
    """

    local: Path
    cache: Path
    commit: Callable[[], None]
    timeline: Timeline
    check: Callable[[], None]
    clock: Callable[[], float] = time.monotonic
    kept: int = 0
    """Kernels that this compilation has put on the volume."""
    _last: float = field(init=False)
    _owed: bool = False

    def __post_init__(self) -> None:
        """Begin to count the time."""
        self._last = self.clock()

    def now_and_then(self) -> None:
        """Keep what is new if it is time; that it fails is told, and is no reason to stop."""
        if self.clock() < self._last + KEEP_EVERY:
            return
        self._gently(self.check)
        self._last = self.clock()

    def at_the_signal(self) -> None:
        """Keep what is new before the container ends, whoever asks for that."""
        self._gently(lambda: None)

    def at_the_end(self) -> None:
        """Keep all; raises :class:`Failure` where that cannot be done."""
        self._copy(self.check)
        self.commit()
        self.timeline.progress(f"{self.kept} new kernels are on the volume")

    def _gently(self, check: Callable[[], None]) -> None:
        try:
            self._copy(check)
            if self._owed:
                self.commit()
                self._owed = False
                self.timeline.progress(f"{self.kept} new kernels are on the volume so far")
        except Failure as failure:
            self.timeline.progress(f"warning: {failure.message}")

    def _copy(self, check: Callable[[], None]) -> None:
        try:
            copied = copy_entries(self.local, self.cache, check)
        except BaseException:  # some may have been copied by then
            self._owed = True
            raise
        self.kept += len(copied)
        self._owed = self._owed or bool(copied)
