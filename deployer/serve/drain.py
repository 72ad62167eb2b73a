"""Ending the engine: the parent is asked first, the whole family is killed last."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.late import dataclass
from deployer.serve.port import check_free
from deployer.serve.processes import Family, spell_exit, title

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.release import Listen
    from deployer.serve.bell import Bell
    from deployer.serve.launch import EngineProcess
    from deployer.serve.processes import Process

PATIENCE = 30.0
"""Seconds for killed processes to go: the kernel takes its time to free pinned memory and GPUs."""

LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Drained:
    """How the engine ended: whether by itself, after how many seconds, and what is left."""

    by_itself: bool
    seconds: float
    returncode: int | None
    killed: int
    left: tuple[str, ...]

    def message(self) -> str:
        """Say it in a sentence."""
        if self.by_itself and self.returncode is not None:
            text = f"drained in {self.seconds:.1f} s ({_spell_end(self.returncode)})"
        else:
            text = f"cut off after {self.seconds:.1f} s"
        if self.killed:
            text += f", {self.killed} processes killed"
        return "; ".join([text, *(f"left: {each}" for each in self.left)])


def drain(  # noqa: PLR0913 - keyword arguments, each a plain value
    engine: EngineProcess,
    family: Family,
    listen: Listen,
    *,
    budget: float,
    bell: Bell,
    hurry: Callable[[], bool],
    clock: Callable[[], float],
) -> Drained:
    """Ask the engine to end, give it ``budget`` seconds, and kill what is there after that.

    ``hurry`` tells that somebody will not wait any longer.
    """
    began = clock()
    family.refresh()  # while the parent lives, which is the trace to those who left its session
    engine.ask_to_end()
    with bell.listen() as ear:
        while engine.returncode is None and not hurry() and clock() < began + budget:
            ear.wait(began + budget - clock())
    by_itself = engine.returncode is not None
    took = clock() - began
    killed, left = kill_family(family)
    return Drained(by_itself, took, engine.returncode, killed, (*left, *_port_left(listen)))


def kill_family(family: Family, patience: float = PATIENCE) -> tuple[int, tuple[str, ...]]:
    """Send SIGKILL to all and wait until they are gone; gives how many, and who is left.

    A process that forks as it is killed is found by the next look, and so is one that nobody had
    seen while its parent lived.
    """
    deadline = time.monotonic() + patience
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


def _port_left(listen: Listen) -> tuple[str, ...]:
    try:
        check_free(listen)
    except Failure as failure:
        return (failure.message,)
    return ()
