"""A connection that the other side is about to end is not used for the next question."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import pytest

from deployer.verify.context import CONNECT_SECONDS, open_context
from deployer.verify.own_host import KEPT, OwnHost
from tests.listening import listening

from .asking import everything

pytestmark = pytest.mark.process


class Server(ThreadingHTTPServer):
    """Writes down over which connection it was asked, and keeps every one open."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ports: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def answer(self) -> None:
        self.server.ports.append(self.client_address[1])
        self.send_response(413)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer  # noqa: N815 - the base's names

    def log_message(self, *_: object) -> None:
        pass


def test_where_a_body_was_announced_nothing_else_is_asked() -> None:
    with (
        listening(Server()) as server,
        open_context(everything(server.url), model="m", timeout=60, max_tokens=1) as context,
    ):
        context.get("/v1/models")
        context.get("/v1/models")
        assert context.announce("/v1/chat/completions", 1 << 40, CONNECT_SECONDS) == 413
        context.get("/v1/models")
    first, second, announced, after = server.ports
    assert first == second
    assert after != announced


def test_a_connection_that_lay_idle_is_not_used_again() -> None:
    now = [0.0]
    with listening(Server()) as server, OwnHost(server.url, {}, clock=lambda: now[0]) as session:
        session.get(server.url)
        now[0] += KEPT
        session.get(server.url)
        now[0] += KEPT + 1
        session.get(server.url)
    early, in_time, late = server.ports
    assert early == in_time
    assert late != in_time


def test_the_sdk_uses_no_idle_connection_either(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}

    def make(**words: Any) -> object:
        made.update(words)
        return openai.DefaultHttpxClient(**words)

    monkeypatch.setattr("deployer.verify.context.DefaultHttpxClient", make)
    with open_context(everything("http://127.0.0.1:9"), model="m", timeout=60, max_tokens=1):
        assert made["limits"].keepalive_expiry == KEPT
