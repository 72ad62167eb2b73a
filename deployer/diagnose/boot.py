"""One start of a server, as it was measured: which stage took how long, and what it loaded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deployer.codec import decode, encode, read_json

FORMAT_VERSION = 1

RATIO = 1.5
LEAST = 5.0
"""A stage is called slower from this ratio and these seconds on, both: less is noise. Nine starts
of one release on one H200 had imports of 67.4 to 71.2 s, 1.06 times as long, and stages below 5 s
that took up to 1.8 times as long (`docs/measured.md`: `one-kill-*`, `one-stop-*`, `one-drain`)."""

SMALL = 50_000_000
"""Bytes below which a rate is not shown: of so little, what is around the reading takes longer."""

TOTAL = "total"
"""What the whole start is called where a stage's name stands."""


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

    @property
    def told(self) -> bool:
        """Whether its rate is worth a word: that of a few megabytes is none."""
        return self.rate > 0 and self.bytes >= SMALL


@dataclass(frozen=True, slots=True)
class Allowed:
    """How long a stage should take at most, in seconds; all of its occurrences together."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Late:
    """A stage, or the whole (:data:`TOTAL`), that took longer than its ``allowed`` seconds."""

    name: str
    seconds: float
    allowed: float


@dataclass(frozen=True, slots=True)
class Boot:
    """A start that came to serving.

    ``release`` is the digest of what was served, ``when`` the moment at which it was ready
    (seconds since the epoch), ``seconds`` how long all of it took, from the first thing that could
    be measured. What no stage covers was not told by anybody. ``budget`` is how long it should have
    taken, 0 where nobody said, ``budgets`` the same of single stages. ``shape`` is the one of
    several that it was, '' where there is but one.
    """

    release: str
    engine: str
    when: float
    seconds: float
    stages: tuple[Stage, ...]
    budget: float = 0.0
    budgets: tuple[Allowed, ...] = ()
    shape: str = ""
    format_version: int = FORMAT_VERSION

    def allowed(self, name: str) -> float:
        """Give the budget of a stage; 0 where nobody said one."""
        return next((each.seconds for each in self.budgets if each.name == name), 0.0)

    def late(self) -> tuple[Late, ...]:
        """Say what took longer than its budget: stages, and the whole last."""
        stages = (self.of(each.name) for each in self.budgets)
        found = [Late(each.name, each.seconds, self.allowed(each.name)) for each in stages if each]
        if self.budget:
            found.append(Late(TOTAL, self.seconds, self.budget))
        return tuple(each for each in found if each.seconds > each.allowed)

    def to_json(self) -> str:
        """Write it on one line. Without budgets or shape it is as it was before there were any."""
        value = encode(self)
        for name in ("budgets", "shape"):
            if not value[name]:
                del value[name]
        return json.dumps(value)

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


LAST, USUAL, OTHER = "last", "usual", "other-release"
"""What a stage was compared with: the start before, most starts before, one of another release."""


@dataclass(frozen=True, slots=True)
class Slower:
    """A stage, or the whole (:data:`TOTAL`), that took clearly longer than ``usual`` seconds.

    ``than`` says whose those are: :data:`LAST`, :data:`USUAL` or :data:`OTHER`. ``usual`` is 0 for
    a stage that the start before did not have.
    """

    name: str
    seconds: float
    usual: float
    than: str = LAST

    @property
    def ratio(self) -> float:
        """How many times as long as usual it took."""
        return self.seconds / self.usual if self.usual else math.inf


def slower(now: Boot, before: Sequence[Boot]) -> tuple[Slower, ...]:
    """Say what took clearly longer than at the starts ``before``, oldest first.

    Each stage is compared with the last start of this release, so that what has just become slow
    is told at once; and with the median of them all, so that what became slow bit by bit is. Where
    there is none of this release, it is compared with the last one of another: a stage that one of
    the two did not have is compared with nothing then. Starts on other GPUs are never compared.
    """
    before = [boot for boot in before if boot.shape == now.shape]
    same = [boot for boot in before if boot.release == now.release]
    if not same:
        return tuple(_against(now, before[-1:], OTHER))
    last = list(_against(now, same[-1:], LAST))
    names = {each.name for each in last}
    creeping = [each for each in _against(now, same, USUAL) if each.name not in names]
    order = (*now.names(), TOTAL)
    return tuple(sorted((*last, *creeping), key=lambda each: order.index(each.name)))


def _against(now: Boot, before: Sequence[Boot], than: str) -> Iterator[Slower]:
    if not before:
        return
    from statistics import median  # noqa: PLC0415 - it takes long to import

    found = []
    for name in now.names():
        took, usual = now.of(name), [there for boot in before if (there := boot.of(name))]
        if took and (usual or than == LAST):
            middle = median(each.seconds for each in usual) if usual else 0.0
            found.append(Slower(name, took.seconds, middle, than))
    whole = median(boot.seconds for boot in before)
    found.append(Slower(TOTAL, now.seconds, whole, than))
    yield from (each for each in found if _clearly(each))


def _clearly(one: Slower) -> bool:
    return one.seconds - one.usual >= LEAST and one.ratio >= RATIO
