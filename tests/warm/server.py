"""Runs what it is handed in children that need not import deployer: `server.py SOCKET PYTHON`."""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import socket
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import NoReturn

from deployer.cli.main import main as deployer

ROOT = Path(__file__).resolve().parents[2]
FILES = 3
FAILED = 70


def main(address: str, python: str) -> None:
    """Serve until the end of the tests, one process a question."""
    warm()
    sys.executable = python
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        gc.collect()
        gc.freeze()
        while True:
            asking, _ = listening.accept()
            with asking:
                if not os.fork():
                    answer(asking)
            reap()


def warm() -> None:
    """Check and compare once: that imports the most, and reads what lies in the package."""
    sys.path.append(str(ROOT))
    importlib.import_module("tools.action.__main__")
    profiles = [str(ROOT / "profiles" / f"{name}.yaml") for name in ("cpu-tiny", "b200-fp8-eagle")]
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        for form in ("github", "json"):
            deployer(["check", "--format", form, *profiles])
        for form in ("markdown", "json"):
            deployer(["diff", "--format", form, *profiles])


def answer(asking: socket.socket) -> NoReturn:
    """Become what was asked for: its folder, variables and files, and its exit code at the end."""
    code = FAILED
    try:
        _, files, _, _ = socket.recv_fds(asking, 1, FILES)
        count, *parts = b"".join(iter(lambda: asking.recv(65536), b"")).split(b"\0")
        words, folder = parts[: int(count)], parts[int(count)]
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(folder)
        os.environb.clear()
        for each in parts[int(count) + 1 :]:
            name, _, value = each.partition(b"=")
            os.environb[name] = value
        code = run([os.fsdecode(word) for word in words])
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        asking.send(bytes([code]))
        os._exit(code)


def run(words: list[str]) -> int:
    """Run a module or a script by the words of an interpreter; gives its exit code."""
    try:
        if words[0] == "-m":
            sys.argv = words[1:]
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def reap() -> None:
    """Take those that have ended; what they came to they said themselves."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
