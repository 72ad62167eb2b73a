"""What a shell script comes to: commands, and marks for what is not known."""

from __future__ import annotations

from dataclasses import dataclass, field

from deployer.adopt.note import Note
from deployer.late import compile_pattern

UNKNOWN = compile_pattern("\0(\\d+)\0")
"""Stands in a word for text that only running the script would give: the number is its note's."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, the line of the first, and the variables that it would see.

    ``nested`` says that it stands in a branch, a loop or a function, and may not run. ``files`` are
    the redirections to and from files, as they are written.
    """

    words: tuple[str, ...]
    line: int
    variables: tuple[tuple[str, str], ...]
    nested: bool = False
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class Script:
    """What a script comes to: its commands in order, and what could not be evaluated.

    ``broken`` are notes on the text itself; ``notes`` those that marks in words refer to.
    ``others`` are the names of the commands that start no server.
    """

    commands: list[Command] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    broken: list[Note] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def notes_in(self, word: str) -> list[Note]:
        """Give the notes on what of a word is not known."""
        return [self.notes[int(number)] for number in UNKNOWN.findall(word)]
