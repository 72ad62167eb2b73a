"""Starts processes that are forked by one which has imported Modal's client.

That import takes longer than all else that a container of a test computes, or an apply.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.fakes.modal import fork_server

RUN = "import sys; exec(open(sys.argv[1], encoding='utf-8').read())"
"""Run a file without its folder in the path, where `calls` and `state` would be found."""

ENTRYPOINT = "modal._container_entrypoint"

IMPORTED = (ENTRYPOINT, "requests", "httpx2", "tqdm.auto", "yaml", "filelock")
"""What is imported for a container, where its image has it: nothing that reads a variable of its
own then, as huggingface_hub does, and nothing of ours.
"""

APPLYING = (
    *("deployer.cli.apply_modal", "deployer.cli.apply_verb"),
    *("deployer.verify.run", "deployer.verify.sample"),
)
"""What is imported for a command: what an apply comes to import."""

ROOT = Path(__file__).parents[3]

NOTHING = os.open(os.devnull, os.O_RDONLY)
"""What a process has for its standard input."""

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
    with os.fdopen(writing, "wb"):
        server = _server(str(python), IMPORTED)
        streams = (NOTHING, writing, writing)
        heard = _fork(server, ENTRYPOINT, (), folder, environment, streams)
    stdout = asyncio.StreamReader(limit=LINES)
    pipe = os.fdopen(reading, "rb")
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), pipe)
    news = asyncio.StreamReader()
    connection, _ = await loop.connect_accepted_socket(
        lambda: asyncio.StreamReaderProtocol(news), heard
    )
    return Container(int(await news.readline()), stdout, news, connection)


class Command:
    """A forked process, as far as a test asks one of `subprocess`; its output is one."""

    def __init__(self, heard: socket.socket, stdout: int | None) -> None:
        self._news = heard.makefile("rb", buffering=0)  # nothing is read ahead
        self._socket = heard
        self._stdout = stdout
        self.pid = int(self._news.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Give what it ended with; None for as long as it runs."""
        if self.returncode is None and select.select([self._socket], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        """Wait for its end; gives its exit code, or the number of a signal below zero."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(int(self._news.readline()))
            self._news.close()
            self._socket.close()
        return self.returncode

    def kill(self) -> None:
        """Kill it."""
        os.kill(self.pid, signal.SIGKILL)

    def communicate(self) -> tuple[str, None]:
        """Give what it says until its end."""
        assert self._stdout is not None
        with os.fdopen(self._stdout, "rb") as pipe:
            said = pipe.read()
        self.wait()
        return said.decode(errors="replace"), None


def command(
    module: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    terminal: int | None = None,
    talk: int | None = None,
) -> Command:
    """Run a module of the repository in a session of its own, at a terminal if one is given.

    Its output is piped without one; its ``talk`` goes with that, or elsewhere.
    """
    reading = None
    with contextlib.ExitStack() as stack:
        if terminal is None:
            reading, said = os.pipe()
            stack.callback(os.close, said)
        else:
            said = terminal
        streams = (NOTHING if terminal is None else terminal, said, said if talk is None else talk)
        server = _server(sys.executable, (*APPLYING, module), str(ROOT))
        return Command(_fork(server, module, words, ROOT, environment, streams), reading)


def _fork(
    server: socket.socket,
    module: str,
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    streams: tuple[int, int, int],
) -> socket.socket:
    """Ask for a process; gives where its start and its end are told."""
    heard, told = socket.socketpair()
    asked = {
        "module": module,
        "words": list(words),
        "folder": str(folder),
        "environment": dict(environment),
    }
    with told:
        socket.send_fds(server, [json.dumps(asked).encode()], [told.fileno(), *streams])
    return heard


@cache
def _server(python: str, modules: tuple[str, ...], path: str = "") -> socket.socket:
    """Start what forks for this interpreter, and finds modules at a path; it ends with us."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            [python, "-c", RUN, fork_server.__file__, *modules],
            cwd="/",
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.devnull,
                "MODAL_CONFIG_PATH": os.devnull,
                "PYTHONUNBUFFERED": "1",
                **({"PYTHONPATH": path} if path else {}),
            },
            stdin=its.fileno(),
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
