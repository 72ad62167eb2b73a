"""The load that is put on an endpoint: how long, how many, how fast, and what they share."""

from __future__ import annotations

from dataclasses import dataclass, replace

STEADY = 5
"""Requests for each that runs at a time: SGLang's own guide asks for as many at least, so that most
of a run is steady (0.5.23 ``docs/developer_guide/benchmark_and_profiling.md``)."""

ENOUGH = 59
"""The fewest requests of which the largest says anything of a 95th percentile: with 59 the slowest
lies above it with a probability of 1 - 0.95**59, which is 95 %."""

LEAST = 80
"""Requests of a point at least: with 72 the slowest bounds a 95th percentile from both sides, and
a few may fail."""


@dataclass(frozen=True, slots=True)
class Load:
    """Requests of ``inputs`` random tokens and ``outputs`` tokens of answer.

    Either ``concurrency`` at a time, or ``rate`` a second as a Poisson process, or both: then no
    more than so many at a time. ``prefix`` tokens before the input are shared by all requests of
    one of ``groups``. ``trace`` names a file of recorded requests, which then have lengths of their
    own. ``seed`` decides what the prompts are: with one that was used before, the prefix cache
    holds them.
    """

    inputs: int
    outputs: int
    requests: int
    seed: int
    concurrency: int | None = None
    rate: float | None = None
    prefix: int = 0
    groups: int = 1
    trace: str = ""

    def shape(self) -> Load:
        """Give what two runs must have in common to be compared: all but the prompts themselves."""
        return replace(self, seed=0)

    @property
    def label(self) -> str:
        """Say how much of it there is at a time."""
        parts = [] if self.rate is None else [f"{self.rate:g} a second"]
        parts += [] if self.concurrency is None else [f"{self.concurrency} at a time"]
        return ", ".join(parts)

    @property
    def words(self) -> str:
        """Say what each request is."""
        if self.trace:
            return f"the requests in {self.trace}"
        shared = f", {self.prefix} more shared by each of {self.groups} groups"
        head = f"{self.inputs} tokens in, {self.outputs} out"
        return head + (shared if self.prefix else "")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a request must stay within to count as good, in milliseconds; None bounds nothing.

    ``first_token`` is the time to the first token, ``each_token`` that of each later one on
    average, ``whole`` that of all of it.
    """

    first_token: float | None = None
    each_token: float | None = None
    whole: float | None = None

    def __bool__(self) -> bool:
        """Whether anything is bounded."""
        return any(bound is not None for bound in (self.first_token, self.each_token, self.whole))

    def admit(self, first_token: float, each_token: float, whole: float) -> bool:
        """Whether a request stayed within all that is bounded."""
        took = (first_token, each_token, whole)
        bounds = (self.first_token, self.each_token, self.whole)
        return all(bound is None or one <= bound for one, bound in zip(took, bounds, strict=True))


def needed(concurrency: int | None) -> int:
    """Give how many requests a point has unless somebody says otherwise."""
    return max(LEAST, STEADY * (concurrency or 0))
