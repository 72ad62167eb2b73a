"""Ports for the servers of tests, which no other test of this machine is given meanwhile."""

from __future__ import annotations

import atexit
import itertools
import os
import re
import socket
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path

FIRST = 10_000
ABOVE = 32_768
"""From here on the kernel gives ports to whoever names none (Linux's default, ip(7))."""

KEPT = 64
"""Claims that are held at a time; a test has one or two."""

_claims: deque[socket.socket] = deque()
_next = itertools.count(os.getpid() * 101)


def free_port() -> int:
    """Give a port on which nothing listens, and claim it among all tests that run now.

    A port that was only looked at is free for others too: another test's server, or a connection
    to which the kernel gives it.
    """
    span = _lowest_of_the_kernels() - FIRST
    for number in itertools.islice(_next, span):
        with suppress(OSError), socket.socket() as probe:
            port = FIRST + number % span
            _claim(port)
            probe.bind(("", port))
            return port
    message = "no port is free"
    raise OSError(message)


def _claim(port: int) -> None:
    """Take a name that one process of this machine (and its network namespace) can have."""
    if sys.platform != "linux":
        return
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0deployer-tests-port-{port}")
    except OSError:
        claim.close()
        raise
    _claims.append(claim)
    if len(_claims) > KEPT:
        _claims.popleft().close()


def _lowest_of_the_kernels() -> int:
    with suppress(OSError):
        range_ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        found = int(re.findall("[0-9]+", range_)[0])
        return found if found > FIRST + 2 * KEPT else ABOVE
    return ABOVE


@atexit.register
def _release() -> None:
    for each in _claims:
        each.close()
