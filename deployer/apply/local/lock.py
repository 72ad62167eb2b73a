"""One command at a time: for each deployment, and for each port while a server starts on it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from deployer.apply.files import PRIVATE_FILE, make_folder, writing_in
from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from deployer.apply.local.folder import Folder

from deployer.apply.local.folder import root


@contextlib.contextmanager
def locked(folder: Folder, verb: str) -> Iterator[None]:
    """Hold a deployment while ``verb`` changes it; Failure where another command does."""
    make_folder(folder.path)
    with _held(folder.lock, verb) as holder:
        if holder is not None:
            message = f"{_article(holder)} of `{folder.name}` is running already"
            raise Failure(message, hint="wait for it to end, or end it with Ctrl-C")
        yield


@contextlib.contextmanager
def port_locked(name: str, port: int, environ: Mapping[str, str]) -> Iterator[None]:
    """Hold a port until the engine listens on it, which takes it a while; Failure if held."""
    ports = root(environ) / ".ports"
    make_folder(ports)
    path = ports / str(port)
    with _held(path, f"`{name}`") as holder:
        if holder is not None:
            message = f"port {port} is about to be taken by another apply: {holder}"
            raise Failure(message, hint="write another port at `serving.port`")
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _held(path: Path, claim: str) -> Iterator[str | None]:
    """Take the lock and yield None; where another process has it, yield that one's claim."""
    with writing_in(path.parent):
        descriptor = _open_current(path)
    try:
        if descriptor is None:
            yield path.read_text(errors="replace").strip() if path.exists() else ""
            return
        with writing_in(path.parent):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{claim} (process {os.getpid()})\n".encode())
        yield None
    finally:
        if descriptor is not None:
            os.close(descriptor)  # the kernel does the same when the process dies: never stale


def _open_current(path: Path) -> int | None:
    """Open and lock the file that has this name *now*: whoever holds it may remove it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _article(holder: str) -> str:
    return f"an {holder}" if holder.startswith("a") else f"a {holder}" if holder else "a command"
