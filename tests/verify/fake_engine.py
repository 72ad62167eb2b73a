"""A fake engine: an OpenAI-compatible server that answers right unless it is told not to.

It is modelled on SGLang 0.5.23: what is open without a key, the empty body of ``/health``, any
model name accepted, ``content`` null beside tool calls, usage in a chunk of its own.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from deployer.release import TOLD_BY, TOLD_DIGITS

from .fake_answers import MODEL, Answer, chat, chunks, completion, metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-fake-0123456789abcdef"
RELEASE = "c0ffee123456"
CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
MODELS = "/v1/models"
OPEN_PATHS = {"/health", "/metrics"}

Raw = tuple[int, str, str]


@dataclass
class Behaviour:
    """How to be wrong; the default is right in everything.

    ``raw`` maps a path (``*`` for all) to a status, content type and body. ``edit`` changes a
    right answer in place; it is told the situation: chat, thinking, no-thinking, tools,
    tool-result, json, completion, models. ``stream_lacks`` names what a stream goes without:
    role, finish, usage, done, or the right content type (kind).
    ``hang`` names paths that never answer, ``drop`` those that break off. ``lets_in`` names who
    gets in without the right key: (``wrong`` or ``none``, path). ``redirects`` is how often a
    POST is sent elsewhere first, as Modal does after 150 s. ``release`` is what every answer tells
    of its release, '' for nothing; those of the paths in ``other_release`` tell another one.
    """

    key: str | None = KEY
    raw: dict[str, Raw] = field(default_factory=dict)
    edit: Callable[[str, Answer], None] = lambda _situation, _answer: None
    stream_lacks: frozenset[str] = frozenset()
    stream_forever: bool = False
    hang: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()
    lets_in: frozenset[tuple[str, str]] = frozenset()
    redirects: int = 0
    release: str = RELEASE
    other_release: frozenset[str] = frozenset()
    counts: bool = True


class FakeEngine(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour = behaviour
        self.closing = threading.Event()
        self.asked: list[str] = []
        self.shown: list[str | None] = []
        self.parked: list[Answer] = []
        self.finished = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet: clients that leave early are part of the tests."""


@contextmanager
def running(behaviour: Behaviour) -> Iterator[FakeEngine]:
    with FakeEngine(behaviour) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each small piece waits for 40 ms
    server: FakeEngine

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self._note(path)
        if query and self.server.parked:
            self._answer(CHAT, self.server.parked.pop())
        elif not self._interfered(path):
            self._get(path)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._note(self.path)
        if self._interfered(self.path):
            return
        if self.server.behaviour.redirects:
            self.server.behaviour.redirects -= 1
            self.server.parked.append(body)
            self._send(303, "text/plain", "", location=f"{self.path}?__modal_function_call_id=fc-1")
            return
        self._answer(self.path, body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _note(self, path: str) -> None:
        self.server.asked.append(path)
        self.server.shown.append(self.headers.get("Authorization"))

    def _interfered(self, path: str) -> bool:
        behaviour = self.server.behaviour
        if path in behaviour.hang:
            self.server.closing.wait(600)
            self.close_connection = True
        elif raw := behaviour.raw.get(path) or behaviour.raw.get("*"):
            self._send(*raw, tells=False)
        elif path not in OPEN_PATHS and not self._let_in(path):
            self._send(401, "application/json", '{"error":"Unauthorized"}')
        elif path in behaviour.drop and path != CHAT:
            self._break_off()
        else:
            return False
        return True

    def _let_in(self, path: str) -> bool:
        behaviour, shown = self.server.behaviour, self.headers.get("Authorization")
        if behaviour.key is None or shown == f"Bearer {behaviour.key}":
            return True
        return ("none" if shown is None else "wrong", path) in behaviour.lets_in

    def _get(self, path: str) -> None:
        if path == "/health":
            self._send(200, "text/plain", "")
        elif path == "/metrics":
            self._send(200, "text/plain; version=0.0.4", metrics(self.server.finished))
        elif path == MODELS:
            self._json("models", {"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        else:
            self._send(404, "application/json", '{"detail":"Not Found"}')

    def _answer(self, path: str, body: Answer) -> None:
        self.server.finished += self.server.behaviour.counts
        if path == COMPLETIONS:
            self._json("completion", completion())
        elif body.get("stream"):
            self._stream(body)
        elif path in self.server.behaviour.drop:
            self._break_off()
        else:
            self._json(*chat(body))

    def _json(self, situation: str, answer: Answer) -> None:
        self.server.behaviour.edit(situation, answer)
        self._send(200, "application/json", json.dumps(answer))

    def _send(
        self, status: int, kind: str, body: str, location: str = "", *, tells: bool = True
    ) -> None:
        self.send_response(status)
        if tells and not location:
            self._tell()
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body.encode())

    def _tell(self) -> None:
        """Tell which release it is, as the door does with every answer."""
        behaviour, path = self.server.behaviour, self.path.partition("?")[0]
        told = "0" * TOLD_DIGITS if path in behaviour.other_release else behaviour.release
        if told:
            self.send_header(TOLD_BY, told)

    def _stream(self, body: Answer) -> None:
        behaviour = self.server.behaviour
        self.send_response(200)
        self._tell()
        kind = "text/plain" if "kind" in behaviour.stream_lacks else "text/event-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        situation, answer = chat(body)
        behaviour.edit(situation, answer)
        usage = bool(body.get("stream_options", {}).get("include_usage"))
        lacks, forever = behaviour.stream_lacks, behaviour.stream_forever
        parts = chunks(answer, lacks=lacks, usage=usage, forever=forever)
        for number, data in enumerate(parts):
            line = f"data: {data}\n\n".encode()
            self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            if self.path in behaviour.drop and number == 3:
                self._break_off()
                return
        self.wfile.write(b"0\r\n\r\n")

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
