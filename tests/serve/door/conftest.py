"""A door that is a real process, and what stands behind it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from deployer.release import Listen
from deployer.serve.door.keys import digest
from deployer.serve.door.terms import NamedKey, Route, Terms
from deployer.serve.doorkeeper import Door
from deployer.serve.listener import open_listener
from tests.ports import free_port
from tests.serve.living import PATIENCE, wait_for

from .upstream import Upstream

KEY = "sk-canary-0123456789abcdef"
INNER = "inner-canary-0123456789abcdef"
RELEASE = "0123456789ab"

ROUTES = (
    Route("/v1/chat/completions", ("POST",)),
    Route("/v1/models", ("GET",)),
    Route("/v1/responses/{id}", ("GET",)),
)


DEFAULT: dict[str, Any] = {"routes": ROUTES, "keyed": True, "body": 1000}


@dataclass
class House:
    """One door, its engine's stand-in, and ways to ask it."""

    terms: Terms
    host: str = "127.0.0.1"
    upstream: Upstream = field(default_factory=Upstream)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.listener = open_listener(Listen(self.host, self.port, ""))
        self.door = Door(self.terms, self.listener, dict(os.environ))
        self.door.tell = self.told.append
        self.door.keys([NamedKey("alice", digest(KEY))])
        self.door.open(self.upstream.port, INNER)
        self.door.start()

    def ask(self, method: str, path: str, key: str = KEY, **options: Any) -> requests.Response:
        headers = {**({"Authorization": f"Bearer {key}"} if key else {})}
        headers.update(options.pop("headers", {}))
        return requests.request(
            method,
            f"http://127.0.0.1:{self.port}{path}",
            headers=headers,
            timeout=PATIENCE,
            **options,
        )

    def raw(self, text: bytes) -> bytes:
        """Send bytes as they are, and give all that comes until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(text)
            found = b""
            while piece := connection.recv(65536):
                found += piece
            return found

    def ready(self) -> House:
        wait_for(lambda: self.door.pulse().ready)
        return self

    def close(self) -> None:
        self.door.end()
        self.listener.close()
        self.upstream.close()


@pytest.fixture(scope="module")
def _standing() -> Iterator[House]:
    made = House(Terms(RELEASE, **DEFAULT))
    try:
        yield made.ready()
    finally:
        made.close()


@pytest.fixture
def standing(_standing: House) -> House:
    """Give a door for tests that only ask: it stands for all of a file, and has seen nothing."""
    _standing.upstream.begin_anew()
    return _standing


@pytest.fixture
def house() -> Iterator[Callable[..., House]]:
    """Make a door; it is gone at the end."""
    made: list[House] = []

    def make(host: str = "127.0.0.1", **terms: Any) -> House:
        made.append(House(Terms(RELEASE, **{**DEFAULT, **terms}), host))
        return made[-1].ready()

    yield make
    for each in made:
        each.close()
