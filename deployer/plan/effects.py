"""What a change can lead to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """A kind of consequence, the most important first: reviewers read from the top."""

    SECURITY = "security"
    MONEY = "money"
    WEIGHTS = "weights downloaded again"
    KERNELS = "kernels compiled again"
    ACCURACY = "accuracy may change"
    CLIENTS = "visible to API clients"
    CAPACITY = "KV capacity"
    CONTAINERS = "new containers"
    NOTHING = "nothing at run time"


RANK = {effect: place for place, effect in enumerate(Effect)}
"""The importance of each effect, 0 the greatest."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """One consequence of a change: its kind, why, and how much where that is known.

    ``amount`` is text for people (``-348,000 tokens``, ``$50.00 -> $36.32 an hour a container``).
    """

    effect: Effect
    reason: str
    amount: str = ""

    @property
    def label(self) -> str:
        """The kind and the amount in few words."""
        return f"{self.effect} {self.amount}" if self.amount else str(self.effect)


def ordered(consequences: list[Consequence]) -> tuple[Consequence, ...]:
    """Sort by importance; of one kind the first that says an amount stays, or the first."""
    found: dict[Effect, Consequence] = {}
    for one in consequences:
        kept = found.get(one.effect)
        if kept is None or (one.amount and not kept.amount):
            found[one.effect] = one
    return tuple(sorted(found.values(), key=lambda one: RANK[one.effect]))
