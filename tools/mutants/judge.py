"""Runs tests in a child of this process, which has pytest loaded and nothing of the project.

A child that never ends is ended by its CPU time, reckoned from what the same tests took without
the fault in the same run: a busy machine makes nothing slower by that clock.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import pytest

from tools.mutants.reach import Reach, Recorder

QUIET = [
    *("-q", "--no-header", "--tb=no", "--disable-warnings", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # plugins are loaded before the fork
]

PATIENCE, FLOOR = 10, 20
"""A mutant may take as many times the CPU seconds of its tests, and so many seconds on top."""


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    ENDLESS = "endless"
    SURVIVED = "survived"


def record(copy: Path, tests: Sequence[str], files: tuple[str, ...]) -> Reach:
    """Run a room's tests as they are. Raises RuntimeError unless all of them pass."""
    told = copy / ".reach"

    def child() -> int:
        recorder = Recorder(copy, files)
        code = int(pytest.main([*QUIET, *tests], plugins=[recorder]))
        told.write_text(recorder.reach.to_json(), encoding="utf-8")
        return code

    status = os.waitpid(_forked(copy, child, None, silent=False), 0)[1]
    if os.waitstatus_to_exitcode(status) != 0:
        message = "the tests do not pass as they are, so they judge nothing"
        raise RuntimeError(message)
    return Reach.from_json(told.read_text(encoding="utf-8"))


def begin(copy: Path, tests: Sequence[str], limit: int) -> int:
    """Start judging what stands in a copy, for ``limit`` CPU seconds; gives the child's id."""
    return _forked(copy, lambda: int(pytest.main([*QUIET, "-x", *tests])), limit, silent=True)


def outcome(status: int) -> Outcome:
    """Read how a child has ended."""
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGXCPU:
        return Outcome.ENDLESS
    return Outcome.SURVIVED if code == 0 else Outcome.KILLED


def _forked(copy: Path, work: object, cpu_seconds: int | None, *, silent: bool) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        _enter(copy, silent=silent)
        if cpu_seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
        code = work()  # type: ignore[operator]
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)


def _enter(copy: Path, *, silent: bool) -> None:
    """Make the copy the only place that code of the project comes from."""
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    sys.path[:] = [str(copy), *(one for one in sys.path if one not in ("", str(Path.cwd())))]
    for name in [one for one in sys.modules if one.split(".")[0] in {"deployer", "tests", "tools"}]:
        del sys.modules[name]
    if silent:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
