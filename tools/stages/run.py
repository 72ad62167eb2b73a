"""Runs lanes of stages side by side until all have ended, or somebody asks to stop."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.stages.family import adopt_orphans, descendants, end_descendants
from tools.stages.lanes import Lane
from tools.stages.running import Running
from tools.stages.stage import Outcome, Stage

_GRACE_SECONDS = 30.0
"""How long tests may tear down what they started, once they are interrupted."""

_LOOK_EVERY = 1.0
"""Seconds between two looks at the logs; the end of a process is heard at once."""

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked to stop, by this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Run:
    """The lanes, what runs of them, and what came of those that ended."""

    def __init__(self, lanes: tuple[Lane, ...], logs: Path, say: Callable[[str], None]) -> None:
        self._waiting = [list(lane) for lane in lanes]
        self._running: dict[int, Running] = {}
        self._logs = logs
        self._say = say
        self.outcomes: list[Outcome] = []
        self.left: dict[int, str] = {}
        """Processes that were still there when every stage had ended, and were killed."""

    def whole(self) -> None:
        """Run everything. Raises Stopped; no process is left in either case."""
        adopt_orphans()
        with _heard() as hear:
            try:
                number = self._until_over(hear)
                if number:
                    self._stop(hear)
            finally:
                self.left = descendants()
                end_descendants()
        if number:
            raise Stopped(number)

    def _until_over(self, hear: Callable[[float], int]) -> int:
        """Run until nothing is left to run, or a signal asks to stop; gives that, or 0."""
        self._start_next()
        while self._running:
            if number := hear(_LOOK_EVERY):
                return number
            self._look()
        return 0

    def _start_next(self) -> None:
        for number, lane in enumerate(self._waiting):
            if number not in self._running and (stage := self._next(lane)):
                running = Running(stage, self._logs)
                self._running[number] = running
                self._say(f"{running.stage.name}: started; its log is {running.logs[0]}")

    def _next(self, lane: list[Stage]) -> Stage | None:
        """Take the next stage of a lane, or the last of another one that may run anywhere."""
        if lane:
            return lane.pop(0)
        others = (each for each in self._waiting if each and each[-1].anywhere)
        return next((each.pop() for each in others), None)

    def _look(self) -> None:
        self._reap()
        for number, running in list(self._running.items()):
            for line in running.progress():
                self._say(f"{running.stage.name:<7} {line}")
            if running.over:
                del self._running[number]
                self._tell(running, running.outcome())
                self._start_next()

    def _tell(self, running: Running, outcome: Outcome) -> None:
        """Say that a stage is over; what it said is of interest only where it failed."""
        self.outcomes.append(outcome)
        said = f":\n\n{running.said()}\n" if not outcome.fine else ""
        self._say(f"{outcome.name}: {'passed' if outcome.fine else 'FAILED'}{said}")

    def _reap(self) -> None:
        """Hear of every child that ended; orphans that we adopted are ours to reap too."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if not pid:
                    return
                for running in self._running.values():
                    if pid in running.pids:
                        running.ended(pid, os.waitstatus_to_exitcode(status), usage)

    def _stop(self, hear: Callable[[float], int]) -> None:
        """Interrupt what runs and give it time to tidy up, but not when asked a second time."""
        self._say("stopping: what runs is told to tidy up; once more, and it is ended at once")
        for lane in self._waiting:
            lane.clear()
        for running in self._running.values():
            running.ask_to_end()
        end = time.monotonic() + _GRACE_SECONDS
        while self._running and time.monotonic() < end and not hear(_LOOK_EVERY):
            self._reap()
            self._running = {n: r for n, r in self._running.items() if not r.over and r.pids}


@contextlib.contextmanager
def _heard() -> Iterator[Callable[[float], int]]:
    """Give a function that waits for news, and gives the signal that asks us to end, or 0.

    What is ignored from the start (`nohup`, a shell's `&`) asks nothing of us. But it is not
    ignored any more either: ignoring is inherited, and a test starts what must be interrupted.
    """
    asking = {each for each in _ENDING if signal.getsignal(each) is not signal.SIG_IGN}
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signals = (*_ENDING, signal.SIGQUIT, signal.SIGCHLD)
    before = {each: signal.signal(each, lambda *_: None) for each in signals}
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def hear(seconds: float) -> int:
        ready, _, _ = select.select([reading], [], [], seconds)
        came = os.read(reading, 4096) if ready else b""
        return next((number for number in came if number in asking), 0)

    try:
        yield hear
    finally:
        signal.set_wakeup_fd(woken)
        for each, handler in before.items():
            signal.signal(each, handler)
        os.close(reading)
        os.close(writing)
