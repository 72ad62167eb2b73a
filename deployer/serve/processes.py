"""Which processes belong to the engine, read from ``/proc``. For Linux: elsewhere none is found.

A process is its id *and* its start time, so that an id which the kernel has given to somebody
else is never taken for ours, let alone killed.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")

STOPPED = frozenset({"T", "t"})
"""States of a process that was stopped, by a signal or a debugger (proc_pid_stat(5))."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process as ``/proc/PID/stat`` shows it; ``started`` is in clock ticks since boot."""

    pid: int
    parent: int
    group: int
    session: int
    state: str
    started: int
    status: int
    command: str

    @property
    def dead(self) -> bool:
        """Whether it runs no more; a zombie is dead, its parent just has not looked."""
        return self.state in {"Z", "X", "x"}

    def same(self, other: Process | None) -> bool:
        """Whether ``other`` is this process, maybe at another time."""
        return other is not None and (self.pid, self.started) == (other.pid, other.started)


def read_process(pid: int) -> Process | None:
    """Read one process, or None if it does not exist. See proc_pid_stat(5) for the fields."""
    try:
        # Each look reads every process there is, and `Path` would take twice as long.
        with open(f"{PROC}/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123 - above
            text = file.read().decode(errors="replace")
    except OSError:
        return None
    # The command stands in parentheses and may itself hold spaces and parentheses.
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    if len(fields) < 20:  # noqa: PLR2004 - start time is field 22; the first two are in the head
        return None
    status = int(fields[49]) if len(fields) > 49 else 0  # noqa: PLR2004 - field 52, exit_code
    parent, group, session = map(int, fields[1:4])
    command = head.partition("(")[2]
    return Process(pid, parent, group, session, fields[0], int(fields[19]), status, command)


def age(pid: int) -> float:
    """Give how long ago a process started, in seconds; 0 where the system does not tell."""
    process = read_process(pid)
    try:
        uptime = float((PROC / "uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    return max(0.0, uptime - process.started / ticks) if process else 0.0


def stands_still(process: Process) -> bool:
    """Whether a process has been stopped, and does not run until somebody lets it."""
    now = read_process(process.pid)
    return now is not None and process.same(now) and now.state in STOPPED


def all_processes() -> dict[int, Process]:
    """Read every process that ``/proc`` shows us; nothing where there is no ``/proc``."""
    try:
        names = [name for name in os.listdir(PROC) if name.isdigit()]  # noqa: PTH208 - as there
    except OSError:
        return {}
    found = (read_process(int(name)) for name in names)
    return {each.pid: each for each in found if each is not None}


def title(process: Process) -> str:
    """Give the command line, or the kernel's short name (15 characters) if it has none."""
    words = b""
    with suppress(OSError):
        words = (PROC / str(process.pid) / "cmdline").read_bytes()
    text = words.replace(b"\0", b" ").decode(errors="replace").strip()
    return text or process.command


def spell_exit(returncode: int) -> str:
    """Say how a process ended, from Python's return code (negative: minus the signal)."""
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        return f"killed by {signal.Signals(-returncode).name} ({-returncode})"
    except ValueError:
        return f"killed by signal {-returncode}"


class Family:
    """The engine, its session, and their descendants, also those that left the session.

    A process that left the session is known by its parent. Once the parent has died that trace
    is lost, so the family remembers whom it has seen: refresh it while all is well. Whom it has
    never seen, because parent and child came and went between two looks, is found by ``mark``,
    a `NAME=value` of the environment that the engine was started with.
    """

    def __init__(self, leader: int, mark: str = "") -> None:
        self.leader = leader
        self._mark = mark.encode()
        self._first = read_process(leader)
        self._known: dict[tuple[int, int], Process] = {}

    def refresh(self, *, strays: bool = False) -> dict[int, Process]:
        """Look at ``/proc`` again; gives the members that live, by process id.

        With ``strays`` every process's environment is read too. That alone would not do: SGLang's
        processes overwrite theirs when they rename themselves.
        """
        processes = all_processes()
        ours = {each.pid for each in processes.values() if self._belongs(each)}
        if strays and self._mark:
            ours |= {pid for pid in processes if self._carries_mark(pid)}
        found = set(ours)
        while found:
            found = {p.pid for p in processes.values() if p.parent in found} - ours
            ours |= found
        members = {pid: processes[pid] for pid in ours if not processes[pid].dead}
        self._known = {(each.pid, each.started): each for each in members.values()}
        return members

    def _belongs(self, process: Process) -> bool:
        if (process.pid, process.started) in self._known:
            return True
        if process.pid == self.leader:
            return self._first is None or self._first.same(process)
        return process.session == self.leader and self._session_is_ours()

    def _carries_mark(self, pid: int) -> bool:
        try:
            environment = (PROC / str(pid) / "environ").read_bytes()
        except OSError:  # it has just ended, or belongs to someone else
            return False
        return self._mark in environment.split(b"\0")

    def _session_is_ours(self) -> bool:
        """Whether the session's number still is the engine's, not a later process's."""
        now = read_process(self.leader)
        return now is None or self._first is None or self._first.same(now)
