"""Whether it was the kernel that killed a process, for want of memory, as far as its counts tell.

SIGKILL leaves no word behind, least of all in the log of the process that gets it. The kernel
counts what it has killed: in the control group of the process (``oom_kill`` in ``memory.events``,
Documentation/admin-guide/cgroup-v2.rst; in ``memory.oom_control`` of version 1) and for the whole
machine (``/proc/vmstat``); and it writes into its own log whom. What cannot be read is named.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.diagnose.words import OURS
from deployer.late import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")
KERNEL_LOG = Path("/dev/kmsg")

WORDS = {
    "kernel": "by the kernel for want of memory",
    "perhaps": "perhaps by the kernel for want of memory",
    "somebody": "and not for want of memory",
    "unseen": "by whom could not be looked at",
}
"""What follows the signal's name in the log; `diagnose/signatures/memory.py` reads it."""

VICTIM = compile_pattern(r".*[Oo]ut of memory: Killed process (?P<pid>\d+) \((?P<name>[^)]*)\)")

COUNTS = {"cgroup": "memory.oom_control", "cgroup2": "memory.events"}
"""The file that counts, by the file system of each version of control groups."""

RECORD = 8192
"""Bytes of one record of the kernel's log, at most (``CONSOLE_EXT_LOG_MAX``, printk.c)."""


@dataclass(frozen=True, slots=True)
class _Count:
    """How many the kernel had killed; None where that cannot be read, and then why."""

    name: str
    count: int | None
    trouble: str = ""

    def since(self, before: _Count) -> str:
        """Say how it stands against what was counted before."""
        if self.count is None or before.count is None:
            return f"{self.name} not looked at ({self.trouble or before.trouble})"
        return f"{self.name} oom_kill {self.count}, {before.count} at the launch"

    def rose(self, before: _Count) -> bool | None:
        """Whether it has risen; None where that is not known."""
        if self.count is None or before.count is None:
            return None
        return self.count > before.count


class OomWatch:
    """What the kernel had counted, and written, when the engine was launched."""

    def __init__(self, proc: Path = PROC, kernel_log: Path = KERNEL_LOG) -> None:
        self._proc = proc
        self._group, self._machine = _group(proc), _machine(proc)
        self._log, self._trouble = -1, ""
        try:
            self._log = os.open(kernel_log, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self._log, 0, os.SEEK_END)  # what comes from here on
        except OSError as error:
            self._trouble = error.strerror or type(error).__name__

    def line(self, who: str, pid: int) -> str:
        """Say of a process that SIGKILL ended what was looked at, and what follows from it."""
        group, machine = _group(self._proc), _machine(self._proc)
        named = list(self._victims())
        looked = [
            group.since(self._group),
            machine.since(self._machine),
            *(f"the kernel's log says: {text}" for _, text in named[:1]),
        ]
        if self._trouble:
            looked.append(f"the kernel's log not looked at ({self._trouble})")
        elif not named:
            looked.append("the kernel's log names none")
        verdict = self._verdict(group, machine, [victim for victim, _ in named], pid)
        return f"{OURS}killed by SIGKILL, {WORDS[verdict]}: {who}; {'; '.join(looked)}"

    def close(self) -> None:
        """Give the kernel's log back."""
        if self._log >= 0:
            os.close(self._log)
            self._log = -1

    def _verdict(self, group: _Count, machine: _Count, named: list[int], pid: int) -> str:
        """The control group's own count decides; the machine's also counts what is not ours."""
        here, anywhere = group.rose(self._group), machine.rose(self._machine)
        if pid in named or here:
            return "kernel"
        if here is False:
            return "somebody"
        if anywhere or named:
            return "perhaps"
        return "unseen" if anywhere is None else "somebody"

    def _victims(self) -> Iterator[tuple[int, str]]:
        """Give the processes that the kernel's log names since the launch, as it numbers them."""
        while self._log >= 0:
            try:
                record = os.read(self._log, RECORD)
            except BrokenPipeError:  # it has written over what was not read yet
                continue
            except OSError:
                return
            text = record.decode(errors="replace").partition(";")[2].partition("\n")[0]
            if found := VICTIM.match(text):
                yield int(found["pid"]), text
            if not record:
                return


def _group(proc: Path) -> _Count:
    """Read the count of our own control group: the engine is born into it."""
    name = "its control group"
    try:
        groups = (proc / "self/cgroup").read_text(encoding="utf-8").splitlines()
        mounts = (proc / "self/mountinfo").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        return _Count(name, None, f"{proc}/self: {type(error).__name__}")
    path = _file(groups, mounts)
    if path is None:
        return _Count(name, None, "no control group for memory is to be seen")
    return _read(path, f"{name} ({path})")


def _file(groups: list[str], mounts: list[str]) -> Path | None:
    """Find the file that counts: of version 1, if it is that which accounts for memory."""
    for kind, file in COUNTS.items():
        for line in groups:
            _, controllers, group = line.split(":", 2)
            if ("memory" in controllers.split(",")) if kind == "cgroup" else not controllers:
                for folder in _folders(mounts, group, kind):
                    if (path := folder / file).exists():
                        return path
    return None


def _folders(mounts: list[str], group: str, wanted: str) -> Iterator[Path]:
    """Give where a group is mounted: proc_pid_mountinfo(5); a container may see a part only."""
    for line in mounts:
        before, _, after = line.partition(" - ")
        kind, _, options = [*after.split(" "), "", "", ""][:3]
        root, point = before.split(" ")[3:5]
        accounts = wanted == "cgroup2" or "memory" in options.split(",")
        inside = root.rstrip("/")
        if kind == wanted and accounts and (group == inside or group.startswith(f"{inside}/")):
            yield Path(point + group[len(inside) :])


def _machine(proc: Path) -> _Count:
    return _read(proc / "vmstat", f"the machine ({proc}/vmstat)")


def _read(path: Path, name: str) -> _Count:
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(" ")
            if key == "oom_kill":
                return _Count(name, int(value))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        return _Count(name, None, why or type(error).__name__)
    return _Count(name, None, "no `oom_kill` in it")
