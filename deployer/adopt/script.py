"""What a shell script comes to: commands, and marks for what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from deployer.adopt.note import Kind, Note
from deployer.late import compile_pattern

UNKNOWN = compile_pattern("\0(\\d+)\0")
"""Stands in a word for text that only running the script would give: the number is its note's."""

ANY = "--*"
"""Stands among flags for whatever there may be."""

Choice = tuple[str, ...]
"""Words that a mark may stand for; none of them where it may stand for nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, the line of the first, and the variables that it would see.

    ``nested`` says that it stands in a branch, a loop or a function, and may not run. ``files`` are
    the redirections to and from files, as they are written; ``given`` its here-documents.
    """

    words: tuple[str, ...]
    line: int
    variables: tuple[tuple[str, str], ...]
    nested: bool = False
    files: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


@dataclass(slots=True)
class Unknowns:
    """What is not known: a note for each mark, and what it may stand for where that is known.

    ``flags`` are the flags that may be among what it stands for, those of marks within included.
    """

    notes: list[Note] = field(default_factory=list)
    choices: dict[int, tuple[Choice, ...]] = field(default_factory=dict)
    flags: dict[int, frozenset[str]] = field(default_factory=dict)

    def mark(
        self, text: str, line: int, choices: Sequence[Choice] = (), words: Sequence[str] = ()
    ) -> str:
        """Write down what is not known, and give the mark that stands for it.

        ``choices`` are all that it may stand for; ``words`` those that may be among it.
        """
        self.notes.append(Note(Kind.LEFT_OUT, text, line))
        number = len(self.notes) - 1
        if choices:
            self.choices[number] = self._flat(choices)
        among = [*words, *(word for choice in choices for word in choice)]
        found = {word.partition("=")[0] for word in among if word.startswith("-")}
        found |= {flag for word in among for flag in self.flags_in(word)}
        for before, word in pairwise(["", *among]):
            if UNKNOWN.fullmatch(word) and not before.startswith("-") and not self.flags_in(word):
                found.add(ANY)
        if found:
            self.flags[number] = frozenset(found)
        return f"\0{number}\0"

    def _flat(self, choices: Sequence[Choice]) -> tuple[Choice, ...]:
        """Give what a choice that is a mark itself may stand for, in its place."""
        found: list[Choice] = []
        for choice in choices:
            inner = self.choices_in(choice[0]) if len(choice) == 1 else ()
            found += inner or (choice,)
        return tuple(dict.fromkeys(found))

    def notes_in(self, word: str) -> list[Note]:
        """Give the notes on what of a word is not known."""
        return [self.notes[int(number)] for number in UNKNOWN.findall(word)]

    def flags_in(self, word: str) -> frozenset[str]:
        """Give the flags that the marks of a word may stand for."""
        found = (self.flags.get(int(number), frozenset()) for number in UNKNOWN.findall(word))
        return frozenset().union(*found)

    def choices_in(self, word: str) -> tuple[Choice, ...]:
        """Give what a word that is nothing but a mark may stand for; nothing where that is open."""
        found = UNKNOWN.fullmatch(word)
        return self.choices.get(int(found[1]), ()) if found else ()


@dataclass(slots=True)
class Script:
    """What a script comes to: its commands in order, and what could not be evaluated.

    ``broken`` are notes on the text itself. ``others`` are the names of the commands that start no
    server. ``written`` are the texts of files that it writes itself, by their paths; ``repos`` what
    it fetches: the folder, the repository, the revision.
    """

    commands: list[Command] = field(default_factory=list)
    unknowns: Unknowns = field(default_factory=Unknowns)
    broken: list[Note] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    repos: list[tuple[str, str, str]] = field(default_factory=list)
