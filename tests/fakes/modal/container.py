"""A container's process: the true entrypoint of Modal's client, forked once that is imported."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from tests.forks import NOTHING, fork, forker, open_until_forked

ENTRYPOINT = "modal._container_entrypoint"

IMPORTED = (ENTRYPOINT, "requests", "httpx2", "tqdm.auto", "yaml", "filelock")
"""What is imported before, where the image has it: nothing that reads a variable of its own then,
as huggingface_hub does, and nothing of ours.
"""

LINES = 1 << 20
"""The longest line of a log, in bytes."""


class Container:
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


async def start(python: Path, folder: Path, environment: Mapping[str, str]) -> Container:
    """Start a container in a folder, with nothing in its environment but what is given."""
    loop = asyncio.get_running_loop()
    reading, writing = os.pipe()
    with open_until_forked(writing):
        here = forker(str(python), IMPORTED)
        heard = fork(here, ENTRYPOINT, (), folder, environment, (NOTHING, writing, writing))
    stdout = asyncio.StreamReader(limit=LINES)
    pipe = os.fdopen(reading, "rb")
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), pipe)
    news = asyncio.StreamReader()
    connection, _ = await loop.connect_accepted_socket(
        lambda: asyncio.StreamReaderProtocol(news), heard
    )
    return Container(int(await news.readline()), stdout, news, connection)
