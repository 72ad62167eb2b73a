"""Where every process of a hung engine stands, for the log; it never holds up the end.

``py-spy dump`` shows Python's stacks where it is installed (the engine's images have it) and may
look. Elsewhere, and beside it, the kernel tells what each thread waits for.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.serve.processes import PROC

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
    for pid, name in chosen.items():
        lines.append(f"process {pid}: {name[:200]}")
        lines += [f"  {line}" for line in (*_kernel(pid), *found.get(pid, ()))]
    if len(processes) > len(chosen):
        lines.append(f"{len(processes) - len(chosen)} more processes are not shown")
    return tuple(lines)


def _spy(tool: str, pid: int, deadline: float, found: dict[int, tuple[str, ...]]) -> None:
    try:
        ran = subprocess.run(
            [tool, "dump", "--pid", str(pid)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=max(deadline - time.monotonic(), 0.1),
            check=False,
        )
    except subprocess.TimeoutExpired:
        found[pid] = ("py-spy did not end in time",)
        return
    except OSError as error:
        found[pid] = (f"py-spy cannot be started: {error.strerror}",)
        return
    text = (ran.stdout or ran.stderr).decode(errors="replace")
    found[pid] = tuple(text.splitlines()[:LINES])


def _kernel(pid: int) -> Iterator[str]:
    """Give a process's state, and what each of its first threads waits for."""
    folder = PROC / str(pid)
    yield f"state {_field(folder / 'status', 'State:')}"
    with suppress(OSError):
        tasks = sorted((folder / "task").iterdir(), key=lambda task: int(task.name))
        for task in tasks[:THREADS]:
            waits = _read(task / "wchan") or "?"
            yield f"thread {task.name} ({_read(task / 'comm')}) waits in {waits}"
        if len(tasks) > THREADS:
            yield f"{len(tasks) - THREADS} more threads are not shown"
    for line in _read(folder / "stack").splitlines()[:LINES]:  # root's alone
        yield f"kernel {line}"


def _field(path: Path, name: str) -> str:
    for line in _read(path).splitlines():
        if line.startswith(name):
            return line.removeprefix(name).strip()
    return "gone"


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace").strip()
    return ""
