"""Starts processes that are forked by one which has imported what they need.

That import takes longer than all else that most of them compute. They are processes like any other,
but for the words and the environment that `/proc` shows of them.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from tests.forks import server

ROOT = Path(__file__).parents[2]

RUN = "import sys; exec(open(sys.argv[1], encoding='utf-8').read())"
"""Run a file without its folder in the path."""

NOTHING = os.open(os.devnull, os.O_RDWR)
"""What a process reads where nobody asks it, and writes what nobody reads."""


class Command:
    """A forked process, as far as a test asks one of `subprocess`."""

    def __init__(self, heard: socket.socket, stdin: int | None, stdout: int | None) -> None:
        self._socket = heard
        self._news = heard.makefile("rb", buffering=0)  # nothing is read ahead
        self.pid = int(self._news.readline())
        self.returncode: int | None = None
        self.stdin = None if stdin is None else os.fdopen(stdin, "w", encoding="utf-8")
        self.stdout = None if stdout is None else os.fdopen(stdout, encoding="utf-8")

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
        """Say no more, and give what it says until its end."""
        if self.stdin:
            self.stdin.close()
        assert self.stdout
        with self.stdout:
            said = self.stdout.read()
        self.wait()
        return said, None


def asked(module: str, words: Sequence[str], needs: tuple[str, ...], **variables: str) -> Command:
    """Run a module of the repository that answers what is written to it; ``needs`` it imports."""
    (its, writing), (reading, said) = os.pipe(), os.pipe()
    with open_until_forked(its, said):
        here = forker(sys.executable, needs, str(ROOT))
        heard = fork(here, module, words, ROOT, variables, (its, said, NOTHING))
    return Command(heard, writing, reading)


def command(
    module: str,
    words: Sequence[str],
    needs: tuple[str, ...],
    environment: Mapping[str, str],
    terminal: int | None = None,
    talk: int | None = None,
) -> Command:
    """Run a module of the repository in a session of its own, at a terminal if one is given.

    Its output is piped without one; its ``talk`` goes with that, or elsewhere.
    """
    reading, said = os.pipe() if terminal is None else (None, terminal)
    with open_until_forked(*(() if reading is None else (said,))):
        streams = (NOTHING if terminal is None else terminal, said, said if talk is None else talk)
        here = forker(sys.executable, needs, str(ROOT))
        heard = fork(here, module, words, ROOT, environment, streams)
    return Command(heard, None, reading)


def open_until_forked(*descriptors: int) -> ExitStack:
    """Close descriptors behind a block in which they are handed on."""
    stack = ExitStack()
    for each in descriptors:
        stack.callback(os.close, each)
    return stack


def fork(
    there: socket.socket,
    module: str,
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    streams: tuple[int, int, int],
) -> socket.socket:
    """Ask for a process; gives where its start and its end are told."""
    heard, told = socket.socketpair()
    question = {
        "module": module,
        "words": list(words),
        "folder": str(folder),
        "environment": dict(environment),
    }
    with told:
        socket.send_fds(there, [json.dumps(question).encode()], [told.fileno(), *streams])
    return heard


@cache
def forker(python: str, modules: tuple[str, ...], path: str = "") -> socket.socket:
    """Start what imports these with an interpreter, and forks; it ends with this process."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            [python, "-c", RUN, server.__file__, *modules],
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
