"""One stage while it runs: its commands, its log, its time."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from resource import struct_rusage

from tools.stages.stage import Outcome, Stage
from tools.stages.tally import heavy, tally

LEFT_OUT = {"MAKEFLAGS", "MAKELEVEL", "PYTHONDONTWRITEBYTECODE"}
"""Variables that the commands do not get.

The last is set in many images. It makes each of a thousand processes compile what it imports, and
every worker rewrite each test's assertions.
"""

_PROGRESS = re.compile(r"^[.sxXFE]+ +\[ *\d+%\]$")
"""A line of dots, as pytest ends it."""


class Running:
    """A stage whose commands run one after another; what they say goes to a log of its own."""

    def __init__(self, stage: Stage, logs: Path) -> None:
        self.stage = stage
        self.log = logs / f"{stage.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._began = time.monotonic()
        self._cpu = 0.0
        self._codes: list[int] = []
        self._shown = 0
        self._start()

    @property
    def pid(self) -> int:
        """The process of the present command; 0 once the last has ended."""
        return self._process.pid if self._process else 0

    @property
    def over(self) -> bool:
        """Whether its last command has ended."""
        return len(self._codes) == len(self.stage.commands)

    def ended(self, code: int, usage: struct_rusage) -> None:
        """Take note of the end of the present command, and start the next."""
        self._cpu += usage.ru_utime + usage.ru_stime
        self._codes.append(code)
        if self._process:
            self._process.returncode = code  # somebody else has waited for it
        self._process = None
        if not self.over:
            self._start()

    def ask_to_end(self) -> None:
        """Interrupt the present command, so that its fixtures are torn down."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGINT)

    def progress(self) -> list[str]:
        """Give the lines of progress that are new."""
        lines = self._lines()
        new = [line for line in lines[self._shown :] if _PROGRESS.match(line)]
        self._shown = len(lines)
        return new

    def said(self) -> str:
        """Give all that it said but its progress."""
        return "\n".join(line for line in self._lines() if not _PROGRESS.match(line)).strip()

    def outcome(self) -> Outcome:
        """Give what came of it."""
        passed, failed, skipped, problems = self._counted()
        seconds = time.monotonic() - self._began
        return Outcome(
            self.stage.name,
            passed,
            failed,
            skipped,
            seconds,
            self._cpu,
            tuple(problems),
            tuple(self._heavy()),
        )

    def _heavy(self) -> list[tuple[int, str]]:
        if self.stage.junit is None:
            return []
        with contextlib.suppress(OSError, ValueError):
            return heavy(self.stage.junit)
        return []

    def _counted(self) -> tuple[int, int, Counter[str], list[str]]:
        if self.stage.junit is None:
            failed = sum(code != 0 for code in self._codes)
            return len(self._codes) - failed, failed, Counter(), []
        try:
            passed, failed, skipped = tally(self.stage.junit)
        except (OSError, ValueError):
            return 0, 0, Counter(), [f"pytest ended with {self._codes[-1:]} and told no result"]
        problems = []
        if not passed and not failed:
            problems.append("it ran nothing")
        elif self._codes[-1] and not failed:
            problems.append(f"pytest ended with {self._codes[-1]} though no test failed")
        return passed, failed, skipped, problems

    def _start(self) -> None:
        command = self.stage.commands[len(self._codes)]
        # A session of its own: what comes from the terminal reaches it through us alone.
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={k: v for k, v in os.environ.items() if k not in LEFT_OUT},
                start_new_session=True,
            )

    def _lines(self) -> list[str]:
        whole = self.log.read_text(encoding="utf-8", errors="replace")
        if not self.over:  # a line that is not at its end may become another
            whole = whole[: whole.rfind("\n") + 1]
        return whole.splitlines()
