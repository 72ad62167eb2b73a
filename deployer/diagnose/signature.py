"""A failure that is known: how it is told in a log, its cause, and what to write about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deployer.late import compile_pattern

GROUP = compile_pattern(r"\{(\w+)\}")
"""How a text names what a pattern has found."""


@dataclass(frozen=True, slots=True)
class Write:
    """What to write in a profile: the ``key`` (``memory.mem_fraction_static``) and its value.

    Where nothing in a profile helps, ``key`` is '' and ``what`` says what does.
    """

    key: str
    what: str


@dataclass(frozen=True, slots=True)
class Signature:
    """How one failure is told.

    ``said`` is looked for in an exception of a traceback that ended a process, ``line`` in a line
    that stands alone, from its beginning. With ``within`` a frame of the traceback must match, with
    ``stages`` the engine must have been at one of them. ``cause`` may name groups of the pattern.
    A ``symptom`` is what others suffer from a failure: it is believed where nothing else is told.
    What comes from ``outside`` of the engine is believed before other symptoms, and before an
    exception that is not known: no log holds why it was sent.
    ``link`` is where the failure was reported or is explained in public.
    """

    name: str
    cause: str
    writes: tuple[Write, ...]
    link: str
    said: re.Pattern[str] | None = None
    line: re.Pattern[str] | None = None
    within: re.Pattern[str] | None = None
    stages: frozenset[str] = frozenset()
    symptom: bool = False
    outside: bool = False

    def in_exception(self, said: str, frames: list[str], stage: str) -> re.Match[str] | None:
        """Look for this failure in an exception; gives where it was found."""
        if self.said is None or (self.stages and stage not in self.stages):
            return None
        if self.within and not any(map(self.within.search, frames)):
            return None
        return self.said.search(said)

    def in_line(self, text: str, stage: str) -> re.Match[str] | None:
        """Look for this failure in a line that stands alone."""
        if self.line is None or (self.stages and stage not in self.stages):
            return None
        return self.line.match(text)

    @staticmethod
    def told(text: str, found: re.Match[str]) -> str:
        """Fill in what the log says: groups of the pattern that are named in a text."""
        told = found.groupdict()
        return GROUP.sub(lambda name: told.get(name[1]) or "", text)


def words(*patterns: str) -> re.Pattern[str]:
    """Make one pattern of several alternatives, over line ends."""
    return compile_pattern("|".join(f"(?:{pattern})" for pattern in patterns), re.DOTALL)
