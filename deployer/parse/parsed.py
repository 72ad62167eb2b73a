"""What an argument list says to one release of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deployer.facts.sglang.catalogue import Option
from deployer.finding import Severity


@dataclass(frozen=True, slots=True)
class Given:
    """One option as it was given: how it was written, and the words of its value.

    ``position`` is the index of its first word in the list, ``string`` the spelling that it
    resolves to (of an abbreviation the whole name), ``written`` the text that stood there.
    ``value`` is what the engine makes of the words.
    """

    option: Option
    string: str
    written: str
    words: tuple[str, ...]
    value: Any
    position: int


@dataclass(frozen=True, slots=True)
class Cure:
    """What says the same rightly: flags with their values, in the place of some words.

    The words are those from ``start`` to before ``end``; without any ``said`` they are taken out.
    Only what changes nothing that is meant is a cure: advice that somebody must weigh is a hint.
    """

    start: int
    end: int
    said: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an argument list, or will be.

    ``kind`` is the kebab-case name of the pattern. An ``error`` means that the engine refuses the
    list; a warning, that it takes it and yet something should change. ``position`` is the index
    of the word, ``flag`` the option's canonical spelling where it is known. ``cure`` is what a
    program may write instead, where that is safe.
    """

    kind: str
    severity: Severity
    position: int
    flag: str
    message: str
    hint: str = ""
    link: str = ""
    cure: Cure | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """An argument list, read by one release."""

    version: str
    words: tuple[str, ...]
    given: tuple[Given, ...]
    faults: tuple[Fault, ...]

    @property
    def accepted(self) -> bool:
        """Whether the release's own parser takes the list."""
        return all(fault.severity is not Severity.ERROR for fault in self.faults)
