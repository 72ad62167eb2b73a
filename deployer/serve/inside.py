"""Where the engine listens, and the keys that it takes: made anew for each start, known to nobody.

Only the door and the supervisor speak to the engine. It is bound to the loopback address, and its
keys are in no profile, no release, no argument and no environment.
"""

from __future__ import annotations

import re
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.serve.key import new_key

if TYPE_CHECKING:
    from deployer.release import Release

LOOPBACK = "127.0.0.1"

LOWEST, HIGHEST = 20_000, 30_000
"""Where the port is looked for. Linux gives out 32768 to 60999 by itself (ip(7),
``ip_local_port_range``), and SGLang counts up from its port for others, by 1,100 at most
(``srt/server_args.py`` of 0.5.23: ``PortArgs``, ``ZMQ_TCP_PORT_DELTA``, `nccl_port`)."""

TRIES = 200

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


@dataclass(frozen=True, slots=True)
class Inside:
    """The engine as its supervisor reaches it. The keys never show in ``repr``."""

    port: int
    key: str = field(repr=False)
    admin_key: str = field(repr=False)

    def url(self, path: str) -> str:
        """Give the address of a path."""
        return f"http://{LOOPBACK}:{self.port}{path}"

    def headers(self) -> dict[str, str]:
        """Give what opens the engine to us."""
        return {"Authorization": f"Bearer {self.key}"}

    def words(self) -> tuple[str, ...]:
        """Give what the command line says of it. The last of two that are alike holds."""
        return ("--host", LOOPBACK, "--port", str(self.port))


def choose_inside(release: Release) -> Inside:
    """Choose a port that is free now, and keys. Raises :class:`Failure` where none is free."""
    stated = {int(n) for word in release.argv() for n in re.findall(r"[0-9]{4,5}", word)}
    taken = {release.listen.port, *stated}
    for _ in range(TRIES):
        port = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        if port not in taken and not _given_out(port) and _is_free(port):
            return Inside(port, new_key(), new_key())
    msg = f"no port between {LOWEST} and {HIGHEST} is free for the engine to listen on"
    raise Failure(msg, hint="something on this machine holds thousands of ports: `ss -ltn`")


def _given_out(port: int) -> bool:
    """Whether the kernel may give a port to somebody's next connection."""
    with suppress(OSError, ValueError):
        low, high = map(int, EPHEMERAL.read_text().split())
        return low <= port <= high
    return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As uvicorn does: connections of an earlier server in TIME_WAIT are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
