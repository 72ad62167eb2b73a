"""One start of a server, as it was measured: which stage took how long, and what it loaded."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from deployer.codec import decode, encode, read_json

FORMAT_VERSION = 1

RATIO = 1.5
LEAST = 5.0
"""A stage is called slower from this ratio and these seconds on: the starts of one release on one
machine, and the weights of one volume, differ by less (`docs/measured.md`)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a start: when it began, in seconds after the start did, and how long it took.

    ``bytes`` is the size of the files that were read in it, 0 where nobody looked. Stages of
    several ranks overlap: a stage begins with its first rank and ends with its last.
    """

    name: str
    begin: float
    seconds: float
    bytes: int = 0

    @property
    def end(self) -> float:
        """When it was over, in seconds after the start began."""
        return self.begin + self.seconds

    @property
    def rate(self) -> float:
        """How fast its files were read, in GB/s (10^9 bytes); 0 where that is not known."""
        return self.bytes / self.seconds / 1e9 if self.bytes and self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Boot:
    """A start that came to serving.

    ``release`` is the digest of what was served, ``when`` the moment at which it was ready
    (seconds since the epoch), ``seconds`` how long all of it took, from the first thing that could
    be measured. What no stage covers was not told by anybody. ``budget`` is how long it should have
    taken, 0 where nobody said.
    """

    release: str
    engine: str
    when: float
    seconds: float
    stages: tuple[Stage, ...]
    budget: float = 0.0
    format_version: int = FORMAT_VERSION

    @property
    def over(self) -> float:
        """By how many seconds it took longer than it should have; 0 for one that did not."""
        return max(0.0, self.seconds - self.budget) if self.budget else 0.0

    def to_json(self) -> str:
        """Write it on one line."""
        return json.dumps(encode(self))

    @classmethod
    def from_json(cls, text: str) -> Boot:
        """Read it; raises :class:`~deployer.codec.DecodeError`."""
        return decode(cls, read_json(text))

    def of(self, name: str) -> Stage | None:
        """Give a stage with all of its occurrences taken together; None where it was not seen."""
        found = [stage for stage in self.stages if stage.name == name]
        if not found:
            return None
        total, size = sum(each.seconds for each in found), sum(each.bytes for each in found)
        return Stage(name, found[0].begin, total, size)

    def names(self) -> tuple[str, ...]:
        """Give the names of its stages, each once, in the order in which they began."""
        return tuple(dict.fromkeys(stage.name for stage in self.stages))

    def unknown(self) -> float:
        """Give the seconds that no stage covers."""
        covered, until = 0.0, 0.0
        for stage in sorted(self.stages, key=lambda each: each.begin):
            covered += max(0.0, stage.end - max(until, stage.begin))
            until = max(until, stage.end)
        return max(0.0, self.seconds - covered)


@dataclass(frozen=True, slots=True)
class Slower:
    """A stage, or the whole (``total``), that took ``ratio`` times the ``usual`` seconds."""

    name: str
    seconds: float
    usual: float

    @property
    def ratio(self) -> float:
        """How many times as long as usual it took."""
        return self.seconds / self.usual


def slower(now: Boot, before: Sequence[Boot]) -> tuple[Slower, ...]:
    """Say what took clearly longer than at the starts before: those of this release, if any.

    Usual is the median. A stage that was not seen before, or not now, is compared with nothing.
    """
    same = [boot for boot in before if boot.release == now.release]
    compared = same or list(before)
    if not compared:
        return ()
    found = []
    for name in now.names():
        took, usual = now.of(name), [there for boot in compared if (there := boot.of(name))]
        if took and usual:
            found.append(_compared(name, took.seconds, [each.seconds for each in usual]))
    found.append(_compared("total", now.seconds, [boot.seconds for boot in compared]))
    return tuple(each for each in found if _clearly(each))


def _compared(name: str, seconds: float, usual: list[float]) -> Slower:
    return Slower(name, seconds, statistics.median(usual))


def _clearly(one: Slower) -> bool:
    later = one.seconds - one.usual
    return later >= LEAST and (one.usual <= 0 or one.seconds >= RATIO * one.usual)
