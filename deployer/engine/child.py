"""Runs a program to its end, line by line, in a process group that never outlives the caller."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, Protocol

from deployer.errors import Failure

_TAIL_LINES = 15
_GRACE_SECONDS = 3.0
_DISK_FULL = ("No space left on device", "Errno 28", "Disk quota exceeded")


class Runner(Protocol):
    """How this room starts programs; tests give one of their own."""

    def __call__(
        self,
        command: Sequence[str],
        *,
        doing: str,
        env: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        """Run ``command``, hand every line of its output on, raise Failure when it fails."""


def run(
    command: Sequence[str],
    *,
    doing: str,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
) -> None:
    """Run a program and hand on each line of its output (both streams) as it appears.

    ``doing`` names the step for the error message ("installing torch"). Raises Failure with the
    last lines of output when the program fails or cannot be started. Whatever ends the wait early
    (Ctrl-C, an error in ``on_line``) ends the program's whole group first.
    """
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(env),
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        message = f"{doing}: {command[0]} cannot be started: {error.strerror}"
        raise Failure(message) from error
    try:
        _follow(process.stdout, tail, on_line)
        code = process.wait()
    finally:
        _end_group(process)
    if code != 0:
        raise _failure(doing, code, tail)


def _follow(output: IO[str] | None, tail: deque[str], on_line: Callable[[str], None]) -> None:
    for raw in output or ():
        if line := raw.rstrip():
            tail.append(line)
            on_line(line)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End what is left of the group: asked first, ended after a few seconds or a second Ctrl-C."""
    try:
        _signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _failure(doing: str, code: int, tail: deque[str]) -> Failure:
    text = "\n".join(tail)
    if any(sign in text for sign in _DISK_FULL):
        return Failure(f"{doing}: the disk is full", hint="free some space and run this again")
    ending = f"was ended by signal {-code}" if code < 0 else f"failed with exit status {code}"
    quoted = "".join(f"\n    {line}" for line in tail) or "\n    (it printed nothing)"
    return Failure(f"{doing} {ending}; its last lines:{quoted}")
