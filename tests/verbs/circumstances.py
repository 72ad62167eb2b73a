"""Circumstances in which a verb may find itself, each made for real in this process."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from deployer.serve.weights.pace import Gate
from tests.override import no_override

OWN = frozenset({None, "", "127.0.0.1", "::1", "localhost", b"127.0.0.1", b"localhost"})
"""This machine, which is there without a network."""


@contextlib.contextmanager
def no_permission(folder: Path) -> Iterator[None]:
    """Let nobody read or write the profiles and the state, root included."""
    shut = [
        *folder.glob("*.yaml"),
        *folder.glob("data/*"),
        Path(os.environ["XDG_STATE_HOME"], "deployer"),
    ]
    before = [(path, path.stat().st_mode) for path in shut]
    for path, _ in before:
        path.chmod(0)
    with no_override():
        try:
            yield
        finally:
            for path, mode in before:
                path.chmod(mode)


@contextlib.contextmanager
def no_network(folder: Path) -> Iterator[None]:
    """Give a token, no names, and no way to any other machine."""
    del folder

    names, connect = socket.getaddrinfo, socket.socket.connect

    def own_names(host: object, *more: Any, **named: Any) -> Any:
        if host in OWN:
            return names(host, *more, **named)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    def own_ways(its: socket.socket, address: Any) -> None:
        if its.family == socket.AF_UNIX or address[0] in OWN:
            return connect(its, address)
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", own_names)
        patch.setattr(socket.socket, "connect", own_ways)
        patch.setenv("MODAL_TOKEN_ID", "ak-none")
        patch.setenv("MODAL_TOKEN_SECRET", "as-none")
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.delenv(name, raising=False)
        patch.setenv("PIP_PROXY", "http://127.0.0.1:9")  # its process is another
        patch.setenv("MODAL_SERVER_URL", "http://127.0.0.1:9")
        patch.setenv("PIP_RETRIES", "0")
        patch.setattr(Gate, "sleep", lambda *_: None)  # between two attempts
        yield


@contextlib.contextmanager
def full_output(folder: Path) -> Iterator[None]:
    """Let stdout lead to a device that is full."""
    del folder
    with open("/dev/full", "w", encoding="utf-8") as full, contextlib.ExitStack() as later:  # noqa: PTH123
        later.callback(setattr, sys, "stdout", sys.stdout)
        sys.stdout = full
        yield
        later.close()
        with contextlib.suppress(OSError):
            full.close()


@contextlib.contextmanager
def closed_pipe(folder: Path) -> Iterator[None]:
    """Let stdout lead to a reader that is gone."""
    del folder
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as gone, contextlib.ExitStack() as later:
        later.callback(setattr, sys, "stdout", sys.stdout)
        sys.stdout = gone
        yield
        later.close()
        with contextlib.suppress(OSError):
            gone.close()


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Let no file become longer than nothing."""
    del folder
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def ordinary(folder: Path) -> Iterator[None]:
    """Change nothing: no token is there, and the network is not asked."""
    del folder
    yield


Circumstance = Callable[[Path], AbstractContextManager[None]]
