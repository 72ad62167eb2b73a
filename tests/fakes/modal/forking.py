"""Starts the processes of containers, each forked by one that has imported Modal's client.

That import takes longer than all else that a container of a test does.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import socket
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.fakes.modal import fork_server

RUN = "import sys; exec(open(sys.argv[1], encoding='utf-8').read())"
"""Run a file without its folder in the path, where `calls` and `state` would be found."""

LINES = 1 << 20
"""The longest line of a log, in bytes."""


class Process:
    """A forked process, as far as a worker asks one of asyncio's."""

    def __init__(
        self,
        pid: int,
        stdout: asyncio.StreamReader,
        news: asyncio.StreamReader,
        connection: asyncio.BaseTransport,
    ) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._ended = asyncio.create_task(self._hear(news, connection))

    def send_signal(self, number: int) -> None:
        """Send a signal to a process that has not ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait for its end; gives its exit code, or the number of a signal below zero."""
        return await asyncio.shield(self._ended)

    async def _hear(self, news: asyncio.StreamReader, connection: asyncio.BaseTransport) -> int:
        self.returncode = os.waitstatus_to_exitcode(int(await news.readline()))
        connection.close()
        return self.returncode


async def start(python: Path, folder: Path, environment: Mapping[str, str]) -> Process:
    """Start a container in a folder, with nothing in its environment but what is given."""
    loop = asyncio.get_running_loop()
    heard, told = socket.socketpair()
    reading, writing = os.pipe()
    asked = json.dumps({"folder": str(folder), "environment": dict(environment)})
    with told, os.fdopen(writing, "wb"):
        socket.send_fds(_server(python), [asked.encode()], [told.fileno(), writing])
    stdout = asyncio.StreamReader(limit=LINES)
    pipe = os.fdopen(reading, "rb")
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), pipe)
    news = asyncio.StreamReader()
    connection, _ = await loop.connect_accepted_socket(
        lambda: asyncio.StreamReaderProtocol(news), heard
    )
    return Process(int(await news.readline()), stdout, news, connection)


@cache
def _server(python: Path) -> socket.socket:
    """Start what forks for this interpreter; it ends with this process."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            [python, "-c", RUN, fork_server.__file__],
            cwd="/",
            env={"PATH": os.environ["PATH"], "HOME": os.devnull, "PYTHONUNBUFFERED": "1"},
            stdin=its.fileno(),
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
