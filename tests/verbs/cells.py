"""What the table of verbs is made of."""

from __future__ import annotations

from dataclasses import dataclass

from tests.verbs import circumstances
from tests.verbs.circumstances import Circumstance

COLUMNS: dict[str, Circumstance] = {
    "no file": circumstances.ordinary,
    "no match": circumstances.ordinary,
    "wrong name": circumstances.ordinary,
    "no network": circumstances.no_network,
    "no token": circumstances.ordinary,
    "no permission": circumstances.no_permission,
    "full output": circumstances.full_output,
    "full disk": circumstances.full_disk,
    "closed pipe": circumstances.closed_pipe,
    "json": circumstances.ordinary,
}

MAY_BE_FINE = frozenset({"no network", "json", "full disk"})
"""Circumstances that do not concern what asks nobody and writes nothing."""

ON_STDOUT = "stdout: "
"""Before words that are a result although the exit code is not 0."""

FULL = "the result could not be written to stdout: No space left on device"


@dataclass(frozen=True)
class Cell:
    """A call, its exit code, and its words.

    ``says`` is all of the error's line where it ends in one, else the beginning of stdout; in the
    column `json` it names the keys of the object.
    """

    words: str
    code: int
    says: str


@dataclass(frozen=True)
class Without:
    """A circumstance that a verb cannot be in, and why."""

    because: str


Row = dict[str, Cell | Without]
