"""A run beside a former one, load by load."""

from __future__ import annotations

from dataclasses import dataclass

from deployer.measure.point import Point, Spread
from deployer.measure.run import Run


@dataclass(frozen=True, slots=True)
class Pair:
    """A point and the former one under the same load."""

    now: Point
    before: Point

    @property
    def output_rate(self) -> float | None:
        """By what share the tokens a second have grown; None where there were none before."""
        before = self.before.output_rate
        return self.now.output_rate / before - 1 if before else None

    @property
    def slower_start(self) -> bool | None:
        """Whether the first token comes surely later: the bounds of its p95 do not meet.

        None where there were too few requests to bound it.
        """
        return _beyond(self.now.first_token, self.before.first_token)


def _beyond(now: Spread | None, before: Spread | None) -> bool | None:
    if now is None or before is None or now.low is None or before.high is None:
        return None
    return now.low > before.high


def pairs(now: Run, before: Run | None) -> tuple[Pair, ...]:
    """Pair the points of two runs that had the same load; none without a former run."""
    former = {} if before is None else {point.load.shape(): point for point in before.points}
    found = ((point, former.get(point.load.shape())) for point in now.points)
    return tuple(Pair(point, old) for point, old in found if old is not None)
