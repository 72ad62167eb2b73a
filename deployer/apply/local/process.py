"""Processes that are never mistaken: a process number together with the time of its start."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from functools import cache

from deployer.serve.processes import PROC, Process, read_process


@dataclass(frozen=True, slots=True)
class Identity:
    """One process: its number, and when it started (the boot, and the ticks since then).

    ``started`` is empty where the system has no /proc: the number then stands for the process.
    """

    pid: int
    started: str


def identify(pid: int) -> Identity:
    """Give the identity of a process that runs now."""
    process = read_process(pid)
    return identity_of(process) if process else Identity(pid, "")


def identity_of(process: Process) -> Identity:
    """Give what still names this process when its number has passed to another."""
    return Identity(process.pid, f"{_boot()}/{process.started}")


def is_alive(identity: Identity) -> bool:
    """Tell whether this very process runs. A zombie does not: only its parent has yet to ask."""
    if not identity.started:
        return _has_number(identity.pid)
    process = read_process(identity.pid)
    return process is not None and not process.dead and identity_of(process) == identity


def send(identity: Identity, number: signal.Signals) -> bool:
    """Signal this very process; False where it has ended. Never reaches a later process."""
    try:
        if sys.platform == "linux":
            return _send_held(identity, number)
        os.kill(identity.pid, number)
    except ProcessLookupError:
        return False
    return True


def _send_held(identity: Identity, number: signal.Signals) -> bool:
    held = os.pidfd_open(identity.pid)  # from here on the number cannot pass to another process
    try:
        if not is_alive(identity):
            return False
        signal.pidfd_send_signal(held, number)
    finally:
        os.close(held)
    return True


@cache
def _boot() -> str:
    """Name this boot: after a restart, ticks and numbers begin again."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _has_number(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
