"""A finding: one thing that is not as it should be, and all that a renderer needs to show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is. Only errors stop a command; ``--strict`` stops at warnings too."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


LONGEST_LINE = 2_000
"""Characters of a line that findings carry. A line can hold thousands of mistakes: with the line
in each of them, what is said would grow with the square of it."""


def short_line(line: str) -> str:
    """Give a line for findings to carry: none where it is too long to be read anyway."""
    return line if len(line) <= LONGEST_LINE else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text: 1-based line and column, the end exclusive in its column."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    ``check`` is the kebab-case name of the bad pattern, ``path`` the YAML key path
    (``memory.mem_fraction_static``, ``modal.volumes[0].mount``), ``message`` what is wrong and
    why, ``hint`` what to do instead, ``link`` the evidence. ``file`` and ``span`` say where;
    ``source_line`` is the text of that line, so that a renderer needs no file.

    ``allowed`` is the reason that the author gives for leaving it (``# deployer: allow[id]
    reason``); such a finding is counted, and stops nothing.
    """

    check: str
    severity: Severity
    path: str
    message: str
    hint: str = ""
    link: str = ""
    file: str = ""
    span: Span | None = None
    source_line: str = ""
    allowed: str = ""
