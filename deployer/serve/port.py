"""Who listens on the engine's port: an answer from it says nothing unless the engine gave it.

SGLang that cannot bind its port keeps running for a while, and its own warm-up then talks to the
server that can (measured with 0.5.23). So neither a healthy answer nor a line in the log proves
that the engine is the one that answers.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import suppress
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.serve.processes import PROC, all_processes, title

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTENING = "0A"  # TCP_LISTEN in the kernel's include/net/tcp_states.h
SECOND_LOOK = 0.1
"""Seconds. Sockets close between two reads of /proc; a stranger is still there after this."""


class Answers(Enum):
    """Who would answer a connection to 127.0.0.1 on a port."""

    NOBODY = "nobody"
    OURS = "ours"
    STRANGER = "stranger"
    UNKNOWN = "unknown"


def who_answers(port: int, pids: Iterable[int]) -> Answers:
    """Say whether one of ``pids`` alone listens on the port."""
    ours = tuple(pids)
    verdict = _look(port, ours)
    if verdict is Answers.STRANGER:
        time.sleep(SECOND_LOOK)
        verdict = _look(port, ours)
    return verdict


def listens_alone(port: int, pids: Iterable[int]) -> bool:
    """Whether ``pids`` hold every socket that answers on the port."""
    return _look(port, tuple(pids)) is Answers.OURS


def holders(port: int, pids: Iterable[int]) -> list[int]:
    """Give those of ``pids`` that hold a socket which answers on the port."""
    listeners = _listeners(port) or set()
    return [pid for pid in pids if listeners & (_sockets(pid) or set())]


def refuse_stranger(port: int, pids: Iterable[int]) -> Answers:
    """Say who listens on the port; raises :class:`Failure` where that is not the engine.

    ``UNKNOWN`` where the system does not tell, as in a container whose ``/proc`` is its own.
    """
    verdict = who_answers(port, pids) if can_tell() else Answers.UNKNOWN
    if verdict is Answers.STRANGER:
        msg = f"port {port} is answered by {name_listener(port)}, not the engine"
        raise Failure(msg, hint="end that process, or write another port at `serving.port`")
    return verdict


def name_listener(port: int) -> str:
    """Name the process that listens on the port, where /proc allows."""
    listeners = _listeners(port) or set()
    for process in all_processes().values() if listeners else ():
        if listeners & (_sockets(process.pid) or set()):
            return f"process {process.pid} ({title(process)[:200]})"
    return "a process that cannot be named"


@cache
def can_tell() -> bool:
    """Whether /proc tells who owns a socket here; it is asked about one that we own."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen(1)
        return _look(own.getsockname()[1], (os.getpid(),)) is Answers.OURS


def _look(port: int, pids: tuple[int, ...]) -> Answers:
    listeners = _listeners(port)
    if listeners is None:
        return Answers.UNKNOWN
    if not listeners:
        return Answers.NOBODY
    found = [_sockets(pid) for pid in pids]
    if listeners <= {inode for held in found for inode in held or ()}:
        return Answers.OURS
    return Answers.UNKNOWN if None in found else Answers.STRANGER


def _listeners(port: int) -> set[int] | None:
    """Give the inodes of the sockets that answer 127.0.0.1, or None where /proc is silent."""
    four = _table("tcp", port, {_hex("127.0.0.1"), "0" * 8})
    if four is None or four:
        return four
    # An IPv6 socket answers IPv4 only where no IPv4 socket does.
    mapped = f"{'0' * 16}{_word(0xFFFF)}{_hex('127.0.0.1')}"
    return _table("tcp6", port, {mapped, "0" * 32}) or set()


def _table(name: str, port: int, addresses: set[str]) -> set[int] | None:
    try:
        lines = (PROC / "net" / name).read_text().splitlines()[1:]
    except OSError:
        return None
    inodes = set()
    mark = f":{port:04X} "  # a busy machine has thousands of other lines
    for fields in (line.split() for line in lines if mark in line):
        address, _, number = fields[1].partition(":")
        if fields[3] == LISTENING and int(number, 16) == port and address in addresses:
            inodes.add(int(fields[9]))
    return inodes


def _hex(address: str) -> str:
    """Write an IPv4 address as /proc/net/tcp does: the integer of its bytes in memory."""
    return f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}"


def _word(value: int) -> str:
    return f"{int.from_bytes(value.to_bytes(4, 'big'), sys.byteorder):08X}"


def _sockets(pid: int) -> set[int] | None:
    """Give the inodes of the sockets that a process holds; None if we may not look."""
    found: set[int] = set()
    try:
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(FileNotFoundError, ValueError):
                kind, _, rest = str(entry.readlink()).partition(":[")
                if kind == "socket":
                    found.add(int(rest.rstrip("]")))
    except PermissionError:
        return None
    except OSError:  # it has just ended, and holds nothing
        return set()
    return found
