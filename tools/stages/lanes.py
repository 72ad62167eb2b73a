"""Which stages there are, and which of them run at the same time."""

from __future__ import annotations

import os
import sys
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


def check(logs: Path) -> tuple[Lane, ...]:
    """Give what `make check` runs."""
    quick = _pytest("unit", "not engine and not process and not wheels", logs, workers())
    return (_static(),), (quick,)


def test(logs: Path) -> tuple[Lane, ...]:
    """Give what `make test` runs, in one lane where memory or cores are short."""
    ours = (
        _static(),
        _pytest("quick", "not engine and not wheels", logs, workers()),
        _pytest("wheels", "wheels and not engine", logs, workers()),
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


def _static() -> Stage:
    return Stage("static", tuple(("make", "--silent", target) for target in STATIC))


def _pytest(name: str, marks: str, logs: Path, processes: int) -> Stage:
    junit = logs / f"{name}.xml"
    many = ("-n", str(processes)) if processes > 1 else ()
    command = (*_python(), "-m", "pytest", *many, "-m", marks, "--durations", "10")
    return Stage(name, ((*command, f"--junitxml={junit}"),), junit)


def _python() -> tuple[str, ...]:
    return (sys.executable,)
