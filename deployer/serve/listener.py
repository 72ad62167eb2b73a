"""The socket that clients reach, held by the supervisor and lent to its door.

Whoever holds it owns the port: while a door dies and another starts, connections wait in the
kernel's queue and none is refused.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.serve.port import name_listener

if TYPE_CHECKING:
    from deployer.release import Listen

BACKLOG = 4096
"""Connections that wait; the kernel takes no more than ``net.core.somaxconn``."""


def open_listener(listen: Listen) -> socket.socket:
    """Listen where a release says; raises :class:`Failure`, with who has the port."""
    sock: socket.socket | None = None
    try:
        found = socket.getaddrinfo(
            listen.host or None, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        # `localhost` is both; we, Modal's proxy and most clients ask over IPv4.
        family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        sock = socket.socket(family, kind, protocol)
        # As uvicorn does: connections of an earlier server in TIME_WAIT are no obstacle.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # `::` is every address, whatever net.ipv6.bindv6only says
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        if sock is not None:
            sock.close()
        where = f"port {listen.port} of {listen.host or 'this machine'}"
        if error.errno != errno.EADDRINUSE:
            msg = f"the server cannot listen on {where}: {error.strerror}"
            raise Failure(msg) from error
        msg = f"{where} is taken by {name_listener(listen.port)}"
        raise Failure(
            msg, hint="end that process, or write another port at `serving.port`"
        ) from error
    return sock


def check_free(listen: Listen) -> None:
    """Raise :class:`Failure` where nobody could listen now."""
    open_listener(listen).close()
