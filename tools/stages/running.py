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
    """A stage while its commands run; what each says goes to a log."""

    def __init__(self, stage: Stage, logs: Path) -> None:
        self.stage = stage
        self._waiting = list(enumerate(stage.commands))
        many = len(stage.commands) if stage.together else 1
        names = (f"-{number + 1}" if number else "" for number in range(many))
        self.logs = [logs / f"{stage.name}{name}.log" for name in names]
        self._processes: dict[int, tuple[int, subprocess.Popen[bytes]]] = {}
        self._began = time.monotonic()
        self._cpu = 0.0
        self._codes: dict[int, int] = {}
        self._shown: dict[Path, int] = {}
        for _ in self.logs:
            self._start()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the present commands; none once the last has ended."""
        return tuple(self._processes)

    @property
    def over(self) -> bool:
        """Whether its last command has ended."""
        return len(self._codes) == len(self.stage.commands)

    def ended(self, pid: int, code: int, usage: struct_rusage) -> None:
        """Take note of the end of a command, and start the next."""
        number, process = self._processes.pop(pid)
        process.returncode = code  # somebody else has waited for it
        self._cpu += usage.ru_utime + usage.ru_stime
        self._codes[number] = code
        if self._waiting:
            self._start()

    def ask_to_end(self) -> None:
        """Interrupt the present commands, so that their fixtures are torn down."""
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)

    def progress(self) -> list[str]:
        """Give the lines of progress that are new."""
        new = []
        for log in self.logs:
            lines = self._lines(log)
            new += [line for line in lines[self._shown.get(log, 0) :] if _PROGRESS.match(line)]
            self._shown[log] = len(lines)
        return new

    def said(self) -> str:
        """Give all that it said but its progress."""
        lines = (line for log in self.logs for line in self._lines(log))
        return "\n".join(line for line in lines if not _PROGRESS.match(line)).strip()

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
        found: list[tuple[int, str]] = []
        for results in self.stage.results:
            with contextlib.suppress(OSError, ValueError):
                found += heavy(results)
        return sorted(found, reverse=True)

    def _counted(self) -> tuple[int, int, Counter[str], list[str]]:
        if not self.stage.results:
            failed = sum(code != 0 for code in self._codes.values())
            return len(self._codes) - failed, failed, Counter(), []
        passed = failed = 0
        skipped: Counter[str] = Counter()
        problems = []
        for number, results in enumerate(self.stage.results):
            code = self._codes.get(number)
            try:
                counts = tally(results)
            except (OSError, ValueError):
                problems.append(f"pytest ended with {code} and told no result")
                continue
            passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
            if code and not counts[1]:
                problems.append(f"pytest ended with {code} though no test failed")
        if not passed and not failed and not problems:
            problems.append("it ran nothing")
        return passed, failed, skipped, problems

    def _start(self) -> None:
        number, command = self._waiting.pop(0)
        # A session of its own: what comes from the terminal reaches it through us alone.
        with self.logs[number if self.stage.together else 0].open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={k: v for k, v in os.environ.items() if k not in LEFT_OUT},
                start_new_session=True,
            )
        self._processes[process.pid] = number, process

    def _lines(self, log: Path) -> list[str]:
        whole = log.read_text(encoding="utf-8", errors="replace")
        if not self.over:  # a line that is not at its end may become another
            whole = whole[: whole.rfind("\n") + 1]
        return whole.splitlines()
