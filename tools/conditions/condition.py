"""What a condition is: a way to start the tests on a machine with whom something is wrong."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Impossible(Exception):
    """This machine cannot be brought into the condition; the text says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """How the tests are started: words before Python's, Python, its options, variables, where."""

    before: tuple[str, ...] = ()
    python: str = sys.executable
    plugins: tuple[str, ...] = ()
    variables: dict[str, str] = dataclasses.field(default_factory=dict)
    without: frozenset[str] = frozenset()
    """Variables that are taken out."""

    folder: Path = ROOT

    def command(self, words: list[str]) -> list[str]:
        """Give the command that runs pytest with these words."""
        plugins = [word for name in self.plugins for word in ("-p", name)]
        return [*self.before, self.python, "-m", "pytest", *plugins, *words]

    def environ(self) -> dict[str, str]:
        """Give the variables that it is run with."""
        kept = {name: value for name, value in os.environ.items() if name not in self.without}
        return kept | self.variables


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """``enter`` brings the machine into it and back; it raises Impossible where that cannot be."""

    name: str
    text: str
    enter: Callable[[], AbstractContextManager[Start]]
