"""Where every process of a hung engine stands, for the log; it never holds up the end.

``py-spy dump`` shows Python's stacks where it is installed (the engine's images have it) and may
look; where it could not, that and why is said. Elsewhere, and beside it, the kernel tells what each
thread waits for, and what the kernel does not tell is said as well.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.serve.processes import PROC, STOPPED, read_process, spell_exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECONDS = 3.0
"""For all processes together: the end of a hung engine may take five in all."""

PROCESSES = 64
"""Processes that are looked at; the rest is counted."""

THREADS = 8
"""Threads of a process of which the kernel's view is shown; an engine has hundreds."""

LINES = 120
"""Lines of one process."""

WHY = 5
"""Lines of why it could not look that are shown; its own stack, which follows, tells nobody."""

LATE = "py-spy did not end in time"

AS_IT_IS = "--nonblocking"
"""How ``py-spy`` (0.3 to 0.4) is told not to halt a process."""


def stacks(
    processes: Mapping[int, str], environ: Mapping[str, str], seconds: float = SECONDS
) -> tuple[str, ...]:
    """Give the stacks of ``processes`` (titles by process id) as lines, within ``seconds``."""
    deadline = time.monotonic() + seconds
    tool = shutil.which("py-spy", path=environ.get("PATH", ""))
    chosen = dict(sorted(processes.items())[:PROCESSES])
    found: dict[int, tuple[str, ...]] = {}
    threads = []
    if tool:
        for pid in chosen:
            errand = threading.Thread(
                target=_spy, args=(tool, pid, deadline, found), name="stacks", daemon=True
            )
            errand.start()
            threads.append(errand)
    for errand in threads:
        errand.join(max(deadline - time.monotonic(), 0.0))
    lines = [] if tool else ["py-spy is not installed here: what the kernel tells is shown instead"]
    unread = (LATE,) if tool else ()
    for pid, name in chosen.items():
        lines.append(f"process {pid}: {name[:200]}")
        lines += [f"  {line}" for line in (*_kernel(pid), *found.get(pid, unread))]
    if len(processes) > len(chosen):
        lines.append(f"{len(processes) - len(chosen)} more processes are not shown")
    return tuple(lines)


def _spy(tool: str, pid: int, deadline: float, found: dict[int, tuple[str, ...]]) -> None:
    """Ask for the stacks of one process.

    ``py-spy`` halts a process to read it, and cannot halt one that stands still already, or that
    another one traces: it reads those as they are.
    """
    process = read_process(pid)
    still = process is not None and process.state in STOPPED
    ways: tuple[tuple[str, ...], ...] = ((AS_IT_IS,),) if still else ((), (AS_IT_IS,))
    lines: tuple[str, ...] = ()
    for way in ways:
        read, text = _asked([tool, "dump", *way, "--pid", str(pid)], deadline)
        lines += text[:LINES]
        found[pid] = lines
        if read:
            return


def _asked(words: list[str], deadline: float) -> tuple[bool, tuple[str, ...]]:
    """Give whether it read the stacks, and what it said: why not, where it did not."""
    try:
        ran = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=max(deadline - time.monotonic(), 0.1),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, (LATE,)
    except OSError as error:
        return False, (f"py-spy cannot be started: {error.strerror}",)
    said = (ran.stdout or b"").decode(errors="replace").splitlines()
    if ran.returncode == 0 and said:
        return True, tuple(said)
    why = [line.strip() for line in ran.stderr.decode(errors="replace").splitlines()]
    told = "; ".join(line for line in why[:WHY] if line)
    return False, (f"py-spy could not look: {told or spell_exit(ran.returncode)}",)


def _kernel(pid: int) -> Iterator[str]:
    """Give a process's state, and what each of its first threads waits for."""
    folder = PROC / str(pid)
    yield f"state {_field(folder / 'status', 'State:')}"
    with suppress(OSError):
        tasks = sorted((folder / "task").iterdir(), key=lambda task: int(task.name))
        for task in tasks[:THREADS]:
            waits = _read(task / "wchan")
            # "0" is both: it waits for nothing in the kernel, or the kernel does not tell us.
            told = (
                f"waits in {waits}" if waits not in {"", "0"} else "waits in nothing that is told"
            )
            yield f"thread {task.name} ({_read(task / 'comm')}) {told}"
        if len(tasks) > THREADS:
            yield f"{len(tasks) - THREADS} more threads are not shown"
        try:
            stack = (folder / "stack").read_text(errors="replace").splitlines()
        except PermissionError:  # CAP_SYS_ADMIN; proc_pid_stack(5)
            yield "kernel stack not looked at: that takes root"
        else:
            yield from (f"kernel {line}" for line in stack[:LINES])


def _field(path: Path, name: str) -> str:
    for line in _read(path).splitlines():
        if line.startswith(name):
            return line.removeprefix(name).strip()
    return "gone"


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace").strip()
    return ""
