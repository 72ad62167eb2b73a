"""A part of `make test`, and what came of it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """Commands that run one after another, or ``together``.

    With ``results`` all are pytest, and each writes its own. A stage that may run ``anywhere`` is
    taken by another lane that has nothing left.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    results: tuple[Path, ...] = ()
    together: bool = False
    anywhere: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage ran. ``problems`` are failures that no test's result tells."""

    name: str
    passed: int
    failed: int
    skipped: Counter[str]
    """How many were skipped, by reason."""

    seconds: float
    """From its start to its end."""

    cpu: float
    """Seconds that its processes computed, where they were waited for."""

    problems: tuple[str, ...] = ()

    heavy: tuple[tuple[int, str], ...] = ()
    """Its tests that compute much, with how much (:mod:`tools.stages.weighing`)."""

    @property
    def fine(self) -> bool:
        """Something passed, and nothing else is wrong."""
        return self.passed > 0 and self.failed == 0 and not self.problems
