"""Which stages there are, and which of them run at the same time."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from tools.stages.memory import available_bytes
from tools.stages.stage import Stage

Lane = tuple[Stage, ...]

STATIC = ("format", "lint", "types", "rooms", "fresh")
"""The Makefile's targets that look at the sources and run no test."""

ENGINE_BYTES = 6 * 1024**3
"""What must be available for the engine's stage to run beside the others.

A server of the tiny model and its processes hold 1.6 GiB (SGLang 0.5.23, resident, summed by ps).
What a resolution or a compilation beside it takes was not measured; twice that is left for it, and
the rest for the other lane.
"""

MOST_WORKERS = 4
"""More than that start slower than they test."""

WAITERS = 2
"""Processes a core for the tests that mostly wait for processes of their own.

Nothing that one of them starts can be taken for another's: it is known by a word of its own in its
environment, has a session of its own, and listens where `tests/ports.py` said.
"""

WORKER_BYTES = 512 * 1024**2
"""What must be available for one more of them: a process that tests Modal's client holds 0.2 GiB
(resident, Python 3.11), and the servers, containers and command lines that it starts 0.1 GiB each.
"""


def check(logs: Path) -> tuple[Lane, ...]:
    """Give what `make check` runs."""
    return (_static(),), (_unit(logs),)


def test(logs: Path) -> tuple[Lane, ...]:
    """Give what `make test` runs, in one lane where memory or cores are short."""
    ours = (
        _static(),
        _unit(logs),
        _pytest("process", "process and not engine and not wheels", logs, waiters()),
        # One process: whoever asks a release's parser starts it, and the others ask it too.
        replace(_pytest("wheels", "wheels and not engine", logs, 1), anywhere=True),
    )
    engine = (
        Stage("install", ((*_python(), "-m", "deployer", "engine", "install"),)),
        _pytest("engine", "engine", logs, 0),
    )
    side_by_side = cores() > 1 and available_bytes() >= ENGINE_BYTES
    return (ours, engine) if side_by_side else ((*ours, *engine),)


def cores() -> int:
    """Give how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def workers() -> int:
    """Give how many processes test at the same time: `WORKERS`, or one a core."""
    return int(os.environ.get("WORKERS") or min(cores(), MOST_WORKERS))


def waiters() -> int:
    """Give how many processes test what waits: `WORKERS`, or as many as cores and memory allow."""
    fit = available_bytes() // WORKER_BYTES
    return int(os.environ.get("WORKERS") or max(1, min(WAITERS * cores(), 2 * MOST_WORKERS, fit)))


def _unit(logs: Path) -> Stage:
    marks = "not engine and not process and not wheels"
    return _pytest("unit", marks, logs, workers(), "-p", "tools.stages.weighing")


def _static() -> Stage:
    return Stage("static", tuple(("make", "--silent", target) for target in STATIC))


def _pytest(name: str, marks: str, logs: Path, processes: int, *more: str) -> Stage:
    shared = logs / f"{name}-files"
    shared.mkdir(exist_ok=True)
    many = ("-p", "tools.stages.share", f"--share={shared}") if processes > 1 else ()
    command = (*_python(), "-m", "pytest", *many, "-m", marks, "--durations", "10", *more)
    results = tuple(logs / f"{name}-{number}.xml" for number in range(max(processes, 1)))
    commands = tuple((*command, f"--junitxml={each}") for each in results)
    return Stage(name, commands, results, together=processes > 1)


def _python() -> tuple[str, ...]:
    return (sys.executable,)
