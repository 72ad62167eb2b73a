"""A traceback as it is read, line by line: its frames, its exceptions, and who wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from deployer.late import compile_pattern

OPENING = "Traceback (most recent call last):"

FRAME = compile_pattern(r' +File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>.+)')

EXCEPTION = compile_pattern(r"(?P<type>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: ?(?P<said>.*))?$")

CHAIN = compile_pattern(r"(?:During handling of the above|The above) exception")

FRAMES = 100
EXCEPTIONS = 8
CONTINUED = 20
LINES = 1000
"""How much of one traceback is kept: frames, exceptions of a chain, lines of one message, lines."""

OUTERMOST = compile_pattern(r"<module>|_run_module_as_main|_run_code|_bootstrap")
"""Functions that an exception leaves only when nobody has caught it: then a process is at its end.
(``threading`` has a ``_bootstrap`` too; the line before its traceback tells them apart.)"""

NO_TYPES = frozenset({"Killed", "Aborted", "Terminated", "Hangup"})
"""What shells write on a line of its own when a process is gone."""


@dataclass(slots=True)
class Block:
    """A traceback, perhaps a chain of them, that ``who`` (``Scheduler``) of ``rank`` wrote.

    ``fatal`` is whether the engine itself says that this is the end of a process; ``line`` is the
    number of its first line, ``outermost`` the function in which each traceback of a chain begins.
    """

    who: str
    rank: str
    at: str
    line: int
    stage: str
    fatal: bool
    frames: list[str] = field(default_factory=list)
    outermost: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    _lines: int = 0
    _continued: int = 0
    _in_frames: bool = True
    _begins: bool = True
    _chained: bool = False

    def take(self, text: str) -> bool:
        """Take the next line that no logger wrote; gives whether it belongs here."""
        self._lines += 1
        if self._lines > LINES:
            return False
        if text.endswith(OPENING):
            return self._open()
        if CHAIN.match(text):
            self._chained = True
        elif found := FRAME.match(text):
            self._frame(found)
        elif self._in_frames and text and not text.startswith(" "):
            self._exception(text)
        elif text.strip():
            return self._continue(text)
        return True

    @property
    def whole(self) -> bool:
        """Whether its exception was read."""
        return bool(self.exceptions)

    def uncaught(self) -> bool:
        """Whether the exception has left the outermost function of a process."""
        return any(map(OUTERMOST.fullmatch, self.outermost))

    def _open(self) -> bool:
        """Begin the next traceback of a chain; one that follows by itself is another's."""
        if self.exceptions and not self._chained:
            return False
        self._chained, self._in_frames, self._begins = False, True, True
        return True

    def _frame(self, found: re.Match[str]) -> None:
        self._in_frames = True
        self._continued = 0
        if self._begins:
            self.outermost.append(found["function"])
            self._begins = False
        if len(self.frames) < FRAMES:
            self.frames.append(f"{found['file']}:{found['line']} {found['function']}")

    def _exception(self, text: str) -> None:
        found = EXCEPTION.match(text)
        if not found or found["type"] in NO_TYPES or len(self.exceptions) >= EXCEPTIONS:
            return
        self.exceptions.append(text)
        self._in_frames = False
        self._continued = 0

    def _continue(self, text: str) -> bool:
        """A message goes on over several lines; what is between frames is code."""
        if self._in_frames or not self.exceptions:
            return True
        self._continued += 1
        if self._continued <= CONTINUED:
            self.exceptions[-1] += f"\n{text}"
        return self._continued <= 2 * CONTINUED
