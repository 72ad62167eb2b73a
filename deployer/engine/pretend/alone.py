"""Keeps this Python from the network: the last guard, where the system has no better one."""

from __future__ import annotations

import socket
import sys
from typing import Any, NoReturn

_REFUSED = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"})


def refuse_network() -> None:
    """Let every attempt to reach another machine raise; there is no way to take it back.

    An audit hook, for it sees all that goes through Python's own sockets (PEP 578). Code that
    makes system calls of its own is not kept by it.
    """
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _REFUSED and not _is_local(arguments):
        _refuse()


def _is_local(arguments: tuple[Any, ...]) -> bool:
    return isinstance(arguments[0], socket.socket) and arguments[0].family == socket.AF_UNIX


def _refuse() -> NoReturn:
    msg = "no network while arguments are resolved"
    raise OSError(msg)
