"""Notes the stages of a start as they happen, of all ranks and of what is around the engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deployer.diagnose.boot import Stage
from deployer.diagnose.stages import Mark

OURS = ""
"""Who notes the stages that are not told by a rank's log."""

LAST = frozenset({"serving", "drain"})
"""Marks that end a stage and begin none of a start."""


@dataclass(slots=True)
class _Open:
    name: str
    begin: float
    end: float | None = None


class Recorder:
    """Notes when stages begin and end, by a clock in seconds of any origin.

    ``before`` are stages that were over before this was made. Each rank tells its own stages, one
    after another; what is given is when the first rank began and the last one ended.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, before: Sequence[Stage] = ()
    ) -> None:
        self._clock = clock
        self._before = tuple(before)
        self._origin = clock() - max((stage.end for stage in before), default=0.0)
        self._lock = threading.Lock()
        self._ranks: dict[str, list[_Open]] = {}

    @property
    def seconds(self) -> float:
        """How long the start has taken so far."""
        return self._clock() - self._origin

    def begin(self, name: str) -> None:
        """Note that a stage begins that no log tells."""
        self._began(OURS, name)

    def end(self) -> None:
        """Note that all stages are over that are still open."""
        now = self.seconds
        with self._lock:
            for stages in self._ranks.values():
                _close(stages, now)

    def mark(self, told: Mark, rank: str) -> None:
        """Take what a rank's log tells; what the first one begins ends what was noted before."""
        if told.stage in LAST:
            self.end()
            if told.stage == "serving":
                self._began(OURS, "health")
        elif told.begins:
            self._began(rank, told.stage)
        else:
            with self._lock:
                for stages in self._ranks.get(rank, ()), self._ranks.get(OURS, ()):
                    _close([each for each in stages if each.name == told.stage], self.seconds)

    def stages(self) -> tuple[Stage, ...]:
        """Give the stages so far, in the order in which they began; an open one lasts until now."""
        now = self.seconds
        with self._lock:
            ranks = [list(stages) for stages in self._ranks.values()]
        found: dict[tuple[str, int], Stage] = {}
        for stages in ranks:
            seen: dict[str, int] = {}
            for each in stages:
                key = (each.name, seen.setdefault(each.name, 0))
                seen[each.name] += 1
                found[key] = _joined(found.get(key), each, now)
        return (*self._before, *sorted(found.values(), key=lambda stage: stage.begin))

    def sized(self, name: str, sizes: Sequence[int]) -> tuple[Stage, ...]:
        """Give the stages; those of a name with the bytes that were read in each of them."""
        left = list(reversed(sizes))
        return tuple(
            replace(stage, bytes=left.pop()) if stage.name == name and left else stage
            for stage in self.stages()
        )

    def _began(self, rank: str, name: str) -> None:
        now = self.seconds
        with self._lock:
            if rank != OURS:
                _close(self._ranks.get(OURS, []), now)
            stages = self._ranks.setdefault(rank, [])
            if stages and stages[-1].name == name and stages[-1].end is None:
                return
            _close(stages, now)
            stages.append(_Open(name, now))


def _close(stages: list[_Open], now: float) -> None:
    for each in stages:
        if each.end is None:
            each.end = now


def _joined(known: Stage | None, each: _Open, now: float) -> Stage:
    end = now if each.end is None else each.end
    if known is not None:
        begin, end = min(known.begin, each.begin), max(known.end, end)
    else:
        begin = each.begin
    return Stage(each.name, round(begin, 3), round(end - begin, 3))
