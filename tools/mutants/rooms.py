"""Which rooms are measured, and which tests judge them: those that mirror them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DIFF = {
    "capacity",
    "changes",
    "consequences",
    "defaults",
    "diff",
    "effects",
    "flag_rules",
    "keys",
    "meaning",
    "notes",
    "parameter_rules",
    "sides",
    "speculation",
    "spelling",
}
"""The modules of ``deployer/plan`` that compare two releases; the others reckon a plan."""


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the code that is measured by itself, and pytest's words for its tests."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]


def rooms(root: Path) -> list[Room]:
    """Give the rooms of a checkout."""
    plan = _below(root, "deployer/plan")
    fast = ("-m", "not engine and not wheels and not process")
    report = ("tests/plan", "tests/report")
    return [
        Room("compile", _below(root, "deployer/compile"), (*fast, "tests/compile")),
        Room("diff", tuple(f for f in plan if Path(f).stem in DIFF), (*fast, *report)),
        Room("plan", tuple(f for f in plan if Path(f).stem not in DIFF), (*fast, *report)),
        Room("check", _below(root, "deployer/check"), (*fast, "tests/check")),
    ]


def _below(root: Path, folder: str) -> tuple[str, ...]:
    found = (file for file in (root / folder).rglob("*.py") if file.name != "__init__.py")
    return tuple(sorted(file.relative_to(root).as_posix() for file in found))
