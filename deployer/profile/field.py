"""What a field of a section says beside its type: limits, a judgment, a fresh default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Limits:
    """Limits of a field's values, in its annotation.

    ``gt``, ``ge``, ``lt`` and ``le`` bound numbers, ``min_length``, ``max_length`` and ``pattern``
    texts; the pattern must match all of a text.
    """

    __slots__ = ("limits",)

    def __init__(self, **limits: float | str) -> None:
        self.limits = limits


class After:
    """A judgment of a value that has its type and is within its limits, raising ValueError."""

    __slots__ = ("judge",)

    def __init__(self, judge: Callable[[Any], object]) -> None:
        self.judge = judge


class Made:
    """A default that is made anew each time."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


def made(make: Callable[[], object]) -> Any:  # noqa: ANN401 - the default of any field
    """Make a field's default anew for each section."""
    return Made(make)
