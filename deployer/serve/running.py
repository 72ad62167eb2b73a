"""An engine that has been launched, with all that belongs to it and must be given back."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from deployer.serve.drain import kill_family, strike
from deployer.serve.inside import choose_inside
from deployer.serve.key import KeyFile
from deployer.serve.launch import EngineProcess, command_line, engine_environment
from deployer.serve.log import EngineLog
from deployer.serve.oom import OomWatch
from deployer.serve.processes import Family, Process, read_process, spell_exit, stands_still, title
from deployer.serve.stacks import stacks
from deployer.serve.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from io import RawIOBase
    from pathlib import Path

    from deployer.release import Release
    from deployer.serve.bell import Bell
    from deployer.serve.redact import Redactor

FOLLOWS, SHORTLY = 1.0, 0.01
"""Seconds that the parent's end is waited for after that of a child: long where the child has ended
as if it had nothing more to do and the log does not say why, else hardly."""

KILLED = spell_exit(-signal.SIGKILL)
"""How what is said of a process ends that had no word to say itself."""


class Running:
    """A launched engine: its process, its family, its log, and the file that holds its keys.

    ``inside`` is where it is reached, by its door and its supervisor alone; ``hidden`` are the
    clients' keys, of which nothing gets to it. ``bell`` rings when the engine or a child without
    which it is dead has ended. Raises :class:`~deployer.errors.Failure` when the log or the key
    file cannot be written, or nothing can be started.
    """

    def __init__(  # noqa: PLR0913 - keyword arguments, each a plain value
        self,
        release: Release,
        environ: Mapping[str, str],
        *,
        hidden: Sequence[str],
        log_file: Path,
        stream: RawIOBase | None,
        redactor: Redactor,
        bell: Bell,
    ) -> None:
        self.inside = choose_inside(release)
        redactor.learn((self.inside.key, self.inside.admin_key))
        self._settled = False
        with ExitStack() as stack:
            self.log = EngineLog(log_file, redactor, stream)
            stack.callback(self.log.close)
            self._oom = OomWatch()
            stack.callback(self._oom.close)
            self._key_file = KeyFile(log_file.parent, self.inside)
            stack.callback(self._key_file.remove)
            words = command_line(release, (*self.inside.words(), *self._key_file.words()))
            variables = engine_environment(release, environ, hidden)
            self.process = EngineProcess(words, variables, bell.ring)
            self.family = Family(self.process.pid, self.process.mark)
            stack.callback(self.kill)
            self._watcher = Watcher(self.family, bell)
            stack.callback(self._watcher.close)
            self.log.follow(self.process.output)
            stack.pop_all()

    def is_ready(self) -> None:
        """Note that the engine serves: forget the key file; the children that it has, it needs."""
        self._key_file.remove()
        self._watcher.settle()

    def lost(self) -> str:
        """Say which process has ended, and how; '' while all that must live does.

        A parent that dies lets go of its pipes before its end can be seen, and its children follow
        at once: then theirs is seen first.
        """
        if (lost := self._watcher.lost) and not self._settled:
            self._settled = True
            self.process.settle(SHORTLY)
            if lost.endswith("exit code 0") and not self._explained():
                self.process.settle(FOLLOWS)
        if self.process.returncode is not None:
            how = spell_exit(self.process.returncode)
            return f"the engine (process {self.process.pid}) has ended: {how}"
        return self._watcher.lost

    def _explained(self) -> bool:
        """Whether the log tells why a process ended, so that nobody else's end is waited for."""
        self.log.settle()
        return self.log.diagnosis() is not None

    def vital(self) -> dict[Process, str]:
        """Give the processes without which the engine is dead, with names for people."""
        found = {p: f"{name[:100]} (process {p.pid})" for p, name in self._watcher.watched.items()}
        if leader := read_process(self.process.pid):
            found[leader] = f"the engine (process {leader.pid})"
        return found

    def let_go_on(self) -> None:
        """Let processes go on that somebody has stopped: what is in flight can be answered then."""
        for process in self.vital():
            if stands_still(process):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process.pid, signal.SIGCONT)

    def tell_stacks(self, environ: Mapping[str, str]) -> None:
        """Write into the log where every process of the engine stands."""
        members = {pid: title(each) for pid, each in self.family.refresh(strays=True).items()}
        self.log.note("the engine hangs; where its processes stand:", *stacks(members, environ))

    def last_words(self) -> tuple[str, ...]:
        """Give the last lines of the log, with what the dead left in the pipe."""
        self.log.settle()
        return self.log.tail()

    def tell_killed(self) -> None:
        """Write into the log, where SIGKILL ended a process, whether that was for want of memory.

        It is read there for a diagnosis, now and later: no other word tells of it.
        """
        who = self.lost()
        if who.endswith(KILLED):
            pid = int(who.partition("(process ")[2].partition(")")[0])
            self.log.tell(self._oom.line(who, pid))

    def strike(self) -> None:
        """Send SIGKILL to every process, and wait for nobody."""
        strike(self.family, self.family.refresh(strays=True))

    def kill(self) -> tuple[str, ...]:
        """End every process at once; gives what could not be ended."""
        return kill_family(self.family)[1]

    def release(self) -> tuple[str, ...]:
        """Give everything back, once no process is left; gives the last lines of the log."""
        self._watcher.close()
        self._oom.close()
        self._key_file.remove()
        self.log.close()
        self.process.close()
        return self.log.tail()
