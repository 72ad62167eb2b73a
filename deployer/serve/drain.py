"""Ending the engine: the parent is asked first, the whole family is killed last."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.serve.processes import Family, spell_exit, title

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.serve.bell import Bell
    from deployer.serve.front import Emptied
    from deployer.serve.launch import EngineProcess
    from deployer.serve.processes import Process

PATIENCE = 30.0
"""Seconds for killed processes to go: the kernel takes its time to free pinned memory and GPUs."""

LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Drained:
    """How a server ended: what became of its requests, how its engine ended, and what is left."""

    emptied: Emptied | None
    by_itself: bool
    seconds: float
    returncode: int | None
    killed: int
    left: tuple[str, ...]
    died: str = ""
    """Why requests were not waited for to the end: a process that had ended, or a hang."""
    told: tuple[str, ...] = ()
    """What the engine's log tells of that, in lines."""

    @property
    def failed(self) -> bool:
        """Whether something is left, or requests were lost that nobody had given up."""
        return bool(self.left or (self.died and self.emptied and self.emptied.cut))

    def message(self) -> str:
        """Say it in a sentence."""
        text = f"ended in {self.seconds:.1f} s"
        if self.emptied is not None:
            text = f"drained in {self.seconds:.1f} s: {self.emptied.message()}"
        if self.by_itself and self.returncode is not None:
            text += f" ({_spell_end(self.returncode)})"
        if self.killed:
            text += f", {self.killed} processes of the engine killed"
        if self.died:
            text += f"; {self.died}"
        return "; ".join([text, *(f"left: {each}" for each in self.left)])


def end_engine(
    engine: EngineProcess,
    family: Family,
    *,
    grace: float,
    bell: Bell,
    clock: Callable[[], float],
) -> tuple[bool, int, tuple[str, ...]]:
    """Ask an engine that answers nobody to end, and kill what is there after ``grace`` seconds.

    Gives whether it ended by itself, how many processes were killed, and which are left.
    """
    began = clock()
    family.refresh()  # while the parent lives, which is the trace to those who left its session
    engine.ask_to_end()
    with bell.listen() as ear:
        while engine.returncode is None and clock() < began + grace:
            ear.wait(began + grace - clock())
    by_itself = engine.returncode is not None
    return (by_itself, *kill_family(family))


def kill_family(family: Family) -> tuple[int, tuple[str, ...]]:
    """Send SIGKILL to all and wait until they are gone; gives how many, and who is left.

    A process that forks as it is killed is found by the next look, and so is one that nobody had
    seen while its parent lived.
    """
    deadline = time.monotonic() + PATIENCE
    killed: set[tuple[int, int]] = set()
    while members := family.refresh(strays=True):
        if time.monotonic() >= deadline:
            return len(killed), tuple(f"process {pid} ({title(m)})" for pid, m in members.items())
        strike(family, members)
        killed |= {(each.pid, each.started) for each in members.values()}
        time.sleep(LOOK_EVERY)
    return len(killed), ()


def strike(family: Family, members: Mapping[int, Process]) -> None:
    """Send SIGKILL to the members once, and wait for nobody."""
    with suppress(ProcessLookupError, PermissionError):
        if any(each.group == family.leader for each in members.values()):
            os.killpg(family.leader, signal.SIGKILL)
    for each in members.values():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each.pid, signal.SIGKILL)


def _spell_end(code: int) -> str:
    """Say how it ended by itself: SGLang's parent kills its group (0.5.17, 17 of 17 drains)."""
    if code == -signal.SIGKILL:
        return "it ended with SIGKILL (9), which SGLang may send to itself last"
    return spell_exit(code)
