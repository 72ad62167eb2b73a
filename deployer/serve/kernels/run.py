"""Running the compilation: one process with its family, watched until it is over or lost."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import Failure, Interrupted
from deployer.release import Listen
from deployer.serve.bell import Bell
from deployer.serve.drain import kill_family
from deployer.serve.kernels.heard import Heard
from deployer.serve.kernels.lives import Lives
from deployer.serve.launch import EngineProcess
from deployer.serve.listener import check_free
from deployer.serve.log import EngineLog
from deployer.serve.processes import Family, spell_exit
from deployer.serve.redact import Redactor

LOOK_EVERY = 0.5
"""Seconds between two looks at the processes."""

TELL_EVERY = 5.0
"""Seconds between two reports of the last line."""

LAST_STEPS = 60.0
"""Seconds for it to end its server after it has said that it finished; it takes 10 s and a bit."""


class CompileFailure(Failure):
    """The compilation failed; ``detail`` is the end of its output, redacted."""

    def __init__(self, message: str, *, hint: str = "", detail: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be run, where it listens, and the seconds that it may take."""

    words: Sequence[str]
    environ: Mapping[str, str]
    listen: Listen
    budget: float


class Compilation:
    """One run. ``guard`` raises when somebody asked to stop; ``bell`` wakes for that too.

    Nothing of it is left when :meth:`run` returns or raises, whatever it raises.
    """

    def __init__(
        self,
        job: Job,
        redactor: Redactor,
        *,
        bell: Bell,
        stream: io.RawIOBase | None,
        guard: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job = job
        self._redactor = redactor
        self._bell = bell
        self._guard = guard
        self._clock = clock
        self._heard = Heard(stream, bell.ring)
        self._tail: tuple[str, ...] = ()

    def run(self, report: Callable[[str], None], rescue: Callable[[], None]) -> bool:
        """Run to the end; gives whether the engine spoke of any kernel.

        ``report`` is given the last line now and then, ``rescue`` is called first where somebody
        ends it: to end its processes may take as long as there is time left.
        Raises :class:`CompileFailure` when it ends early, loses its server, or takes too long.
        """
        check_free(self._job.listen)
        with ExitStack() as last, ExitStack() as stack:
            folder = last.enter_context(tempfile.TemporaryDirectory(prefix="deployer-kernels-"))
            log = EngineLog(Path(folder) / "compile.log", self._redactor, self._heard)
            stack.callback(self._close, log)
            process = EngineProcess(self._job.words, self._job.environ, self._bell.ring)
            last.callback(process.close)  # after the log, which still reads from it
            family = Family(process.pid, process.mark)
            stack.callback(kill_family, family)
            log.follow(process.output)
            try:
                problem = self._wait(process, Lives(family), lambda: report(log.last()))
            except (Interrupted, KeyboardInterrupt):
                rescue()
                raise
        # Only now all of its output has been read. What ends after its last word is no problem.
        if not self._heard.finished:
            how = problem or f"it ended early: {spell_exit(process.returncode or 0)}"
            raise CompileFailure(
                self._redactor.text(f"the kernels could not be compiled: {how}"),
                hint="the end of its output says more; compiled kernels are kept for the next try",
                detail=self._tail,
            )
        return self._heard.at_work

    def _wait(self, process: EngineProcess, lives: Lives, report: Callable[[], None]) -> str:
        """Wait until it has ended; gives what went wrong, '' if that is for the output to say."""
        deadline = self._clock() + self._job.budget
        told = self._clock()
        finished = False
        with self._bell.listen() as ear:
            while process.returncode is None:
                self._guard()
                if self._heard.finished and not finished:
                    finished = True
                    deadline = self._clock() + LAST_STEPS
                lost = lives.lost()
                if self._clock() >= deadline:
                    return "" if finished else self._too_long()
                if lost and not finished and process.returncode is None:
                    return lost
                if self._clock() >= told + TELL_EVERY:
                    told = self._clock()
                    report()
                ear.wait(LOOK_EVERY)
        return ""

    def _too_long(self) -> str:
        return f"it is not done after {self._job.budget:.0f} s"

    def _close(self, log: EngineLog) -> None:
        log.close()
        self._tail = log.tail()
