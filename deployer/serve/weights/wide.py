"""One large file over several connections at a time, hashed while it arrives.

A container that fills a share of a folder fetches one shard at a time, so that what is lost with
it is at most that shard; the connections are what makes that fast.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from deployer.serve.weights.pace import Later, Patience
from deployer.serve.weights.spans import Spans
from deployer.serve.weights.ways import Claim

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.serve.weights.manifest import HubFile
    from deployer.serve.weights.pace import Gate, Pace
    from deployer.serve.weights.progress import Progress
    from deployer.serve.weights.ways import Way


class Wide:
    """Fetches one file into ``folder``, ``pace.workers`` connections at a time."""

    def __init__(
        self,
        *,
        folder: Path,
        way: Way,
        progress: Progress,
        pace: Pace,
        gate: Gate,
        ticked: Callable[[], None],
    ) -> None:
        self._folder = folder
        self._way = way
        self._progress = progress
        self._pace = pace
        self._gate = gate
        self._ticked = ticked

    def fetch(self, file: HubFile) -> bool:
        """Fetch a file to its place; whether it is the one that the hub states.

        What is not right is forgotten. Raises ``Failure``, ``Stopped``, and ``OSError``.
        """
        spans = Spans(self._folder, file, self._pace.span)
        try:
            if self._hash(file, spans) == file.digest:
                spans.move_to(self._folder / file.path)
                return True
            self._progress.lost(file.size)
            spans.restart()
            return False
        finally:
            spans.close()

    def _hash(self, file: HubFile, spans: Spans) -> str:
        """Let the connections work, and hash each span once it and all before it are there."""
        hasher = file.hasher()
        self._progress.fetched(file.path, spans.there, fresh=False)
        threads = [
            threading.Thread(target=self._work, args=(file, spans), name="span", daemon=True)
            for _ in range(min(self._pace.workers, spans.count))
        ]
        for thread in threads:
            thread.start()
        try:
            for number in range(spans.count):
                spans.wait(number, self._pace.tick, self._ticked)
                for piece in spans.read(number):
                    self._gate.check()
                    hasher.update(piece)
        except BaseException:
            self._gate.stop()
            raise
        finally:
            for thread in threads:
                thread.join()
        return hasher.hexdigest()

    def _work(self, file: HubFile, spans: Spans) -> None:
        try:
            while (number := spans.take()) is not None:
                self._span(file, spans, number)
                spans.done(number)
        except BaseException as error:  # noqa: BLE001 - Stopped, too: else it would wait for good
            spans.fail(error)

    def _span(self, file: HubFile, spans: Spans, number: int) -> None:
        """Fetch a span through all that passes; what came of it before a cut stays."""
        claim = Claim(*spans.bounds(number), self._written(file, spans))
        patience = Patience(f"fetching {file.path}", self._pace, self._gate)
        while claim.left:
            before = claim.at
            try:
                self._gate.enter()
                self._way.fetch(file, claim)
            except Later as later:
                if claim.at > before:
                    patience.something_arrived()
                self._progress.trouble(file.path, f"waiting because {later.reason}")
                patience.wait(later)

    def _written(self, file: HubFile, spans: Spans) -> Callable[[int, bytes], None]:
        def write(at: int, piece: bytes) -> None:
            spans.write(at, piece)
            self._progress.fetched(file.path, len(piece))

        return write
