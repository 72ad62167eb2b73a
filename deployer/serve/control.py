"""How a command on this machine asks a supervisor that runs to take another release.

A socket in the deployment's folder, for its owner alone: one JSON line asks, further ones answer as
it goes on, and whoever asked and goes away before the turn has changed their mind.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from deployer.codec import DecodeError, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "control.sock"

LONGEST = 4 << 20
"""Bytes of a question: a release and an environment."""

CREDENTIALS = struct.Struct("3i")  # struct ucred: process, user, group (unix(7))

Say = Callable[[dict[str, Any]], None]


@contextmanager
def address(folder: Path) -> Iterator[str]:
    """Give the socket's address by way of an open folder: an address has 108 bytes (unix(7))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


class Control:
    """Answers questions, one at a time; ``answer`` is given each, where to say what, and a flag.

    The flag is set when whoever asked has gone.
    """

    def __init__(
        self, folder: Path, answer: Callable[[dict[str, Any], Say, threading.Event], None]
    ) -> None:
        self._answer = answer
        self._path = folder / NAME
        self._socket = socket.socket(socket.AF_UNIX)
        self._path.unlink(missing_ok=True)
        with address(folder) as where:
            self._socket.bind(where)
        self._path.chmod(0o600)
        self._socket.listen(4)
        threading.Thread(target=self._run, name="control", daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        if CREDENTIALS.unpack(told)[1] != os.geteuid():
            return
        gone = threading.Event()

        def say(value: dict[str, Any]) -> None:
            with suppress(OSError):
                connection.sendall(f"{json.dumps(value)}\n".encode())

        with connection.makefile("rb") as lines, suppress(OSError, DecodeError):
            asked = read_json(lines.readline(LONGEST))
            threading.Thread(target=_await_end, args=(connection, gone), daemon=True).start()
            self._answer(asked, say, gone)


def _await_end(connection: socket.socket, gone: threading.Event) -> None:
    with suppress(OSError):
        while connection.recv(1024):
            pass
    gone.set()
