"""A fake engine: an OpenAI-compatible server that answers right unless it is told not to.

It is modelled on SGLang 0.5.23: what is open without a key, the empty body of ``/health``, any
model name accepted, ``content`` null beside tool calls, usage in a chunk of its own.
"""

from __future__ import annotations

import json
import re
import select
import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from deployer.facts.sglang.routes import CLIENTS, OPERATORS
from deployer.headers import TOLD_BY, TOLD_DIGITS
from deployer.verify.probes import usage
from deployer.verify.probes.spread import TURNS
from tests.listening import listening

from .fake_answers import (
    CONTEXT,
    MODEL,
    Answer,
    chat,
    chunks,
    completion,
    fault_of,
    metrics,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-fake-0123456789abcdef"
RELEASE = "c0ffee123456"
CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
MODELS = "/v1/models"
OPEN_PATHS = {"/health"}
OURS = {each.path.replace("{id}", "x") for each in CLIENTS} | {"/metrics"}
THEIRS = {each.path for each in OPERATORS}
MOST = 1 << 26
"""The most bytes of a body."""

LISTED = TURNS + 1
"""How often the models are asked for before a long stream goes on; all but the last are told."""

Raw = tuple[int, str, str]


@dataclass
class Behaviour:
    """How to be wrong; the default is right in everything.

    ``raw`` maps a path (``*`` for all) to a status, content type and body, which tell a release
    only where ``raw_tells``. ``edit`` changes a
    right answer in place; it is told the situation: chat, thinking, no-thinking, tools, no-tools,
    named, required, two-tools, tool-result, json, schema, completion, models; within a stream
    ``stream:`` stands before it. ``request`` changes a request before it is answered.
    ``stream_faults`` names what is wrong with streams: no role, finish, usage, done or right
    content type (kind); roles, finishes or usage-always told too often; other ids, object or model;
    half of the pieces; arguments or call-index of one call, call-merge of two; burst (all at the
    end), bytes (signs cut apart).
    ``faults`` names what else is wrong: crowd (every second of many is refused), mixed (each of
    many gets its neighbor's answer), mixed-streams (only streams are), frozen (made tokens are not
    counted), keeps (an answer whose client went is made to its end),
    quiet (it is given up and not counted), blind (and nothing else tells),
    forgets (no prefix is kept), few-metrics (a name is missing), shapeless or flat (errors),
    swallows (a bad request is answered),
    reads (a body's size is no matter), operators (their routes are there), query (a key in
    ``X-API-Key`` is taken), prefix (the beginning of a key is taken), sick (unhealthy after a bad
    request).
    ``hang`` names paths that never answer (``*`` for all), ``drop`` those that break off.
    ``lets_in`` names who gets in without the right key in its place:
    (``wrong``, ``astray`` or ``none``, path).
    ``redirects`` is how often a POST is sent elsewhere first, as Modal does after 150 s.
    ``release`` is what every answer tells of its release, '' for nothing; those of the paths in
    ``other_release`` tell another one.
    ``unknown`` is the status for a model that is not served. ``front`` is the secret of a token
    that is asked for in front of it, by something that tells no release.
    """

    key: str | None = KEY
    raw: dict[str, Raw] = field(default_factory=dict)
    raw_tells: bool = False
    edit: Callable[[str, Answer], None] = lambda _situation, _answer: None
    request: Callable[[Answer], None] = lambda _body: None
    stream_faults: frozenset[str] = frozenset()
    faults: frozenset[str] = frozenset()
    stream_forever: bool = False
    hang: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()
    lets_in: frozenset[tuple[str, str]] = frozenset()
    redirects: int = 0
    release: str = RELEASE
    other_release: frozenset[str] = frozenset()
    counts: bool = True
    unknown: int = 404
    front: str = ""


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
        self.counts = {"finished": 0, "cached": 0, "aborted": 0, "computed": 7}
        self.left = False
        self.prompts: set[str] = set()
        self.listed = 0
        self.sick = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet: clients that leave early are part of the tests."""


@contextmanager
def running(behaviour: Behaviour) -> Iterator[FakeEngine]:
    with listening(FakeEngine(behaviour)) as server:
        try:
            yield server
        finally:
            server.closing.set()


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
        self._note(self.path)
        size = int(self.headers["Content-Length"])
        if size > MOST and "*" not in {*self.server.behaviour.raw, *self.server.behaviour.hang}:
            self.close_connection = True
            status = 200 if "reads" in self.server.behaviour.faults else 413
            self._send(status, "application/json", '{"error": {"message": "too large"}}')
            return
        sent = self.rfile.read(size if size <= MOST else 0)
        if self._interfered(self.path):
            return
        if (body := self._read(sent)) is None:
            return
        if self.server.behaviour.redirects:
            self.server.behaviour.redirects -= 1
            self.server.parked.append(body)
            self._send(303, "text/plain", "", location=f"{self.path}?__modal_function_call_id=fc-1")
            return
        self.server.behaviour.request(body)
        self._answer(self.path, body)

    def do_PATCH(self) -> None:
        self._note(self.path)
        if self._interfered(self.path):
            return
        behaviour = self.server.behaviour
        opened = (self._who(), self.path) in behaviour.lets_in
        there = self.path in THEIRS and (opened or "operators" in behaviour.faults)
        self._send(405 if there else 404, "application/json", "{}")

    def _read(self, sent: bytes) -> Answer | None:
        """Read a request; None where it was refused."""
        faults = self.server.behaviour.faults
        try:
            body: Answer = json.loads(sent)
            fault = fault_of(body) if self.path == CHAT else ""
        except ValueError:
            body, fault = {"messages": [{"role": "user", "content": ""}]}, "it is not JSON"
        if not fault or "swallows" in faults:
            body.setdefault("model", MODEL)
            return body
        self.server.sick |= "sick" in faults
        error: Answer = {"error": {"message": fault, "type": "invalid_request_error"}}
        if "flat" in faults:
            error = {"object": "error", "message": fault, "type": "BadRequestError", "code": 400}
        self._send(400, "application/json", fault if "shapeless" in faults else json.dumps(error))
        return None

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _note(self, path: str) -> None:
        self.server.asked.append(path)
        self.server.shown.append(self.headers.get("Authorization"))

    def _interfered(self, path: str) -> bool:
        behaviour = self.server.behaviour
        if behaviour.front and self.headers.get("Modal-Secret") != behaviour.front:
            said = "modal-http: invalid credentials for proxy authorization"
            self._send(401, "text/plain", said, tells=False)
        elif behaviour.hang & {path, "*"}:
            self.server.closing.wait(600)
            self.close_connection = True
        elif raw := behaviour.raw.get(path) or behaviour.raw.get("*"):
            self._send(*raw, tells=behaviour.raw_tells)
        elif path in OURS | THEIRS and not self._let_in(path):
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
        if "query" in behaviour.faults and self.headers.get("X-API-Key") == behaviour.key:
            return True
        if "prefix" in behaviour.faults and (shown or "").startswith(f"Bearer {behaviour.key}"):
            return True
        return (self._who(), path) in behaviour.lets_in

    def _who(self) -> str:
        """Say what is shown that is not the key in its place."""
        if self.headers.get("Authorization") is not None:
            return "wrong"
        shown = {self.headers.get("Api-Key"), self.headers.get("X-API-Key")}
        return "astray" if self.server.behaviour.key in shown else "none"

    def _get(self, path: str) -> None:
        if path == "/health":
            self._send(503 if self.server.sick else 200, "text/plain", "")
        elif path == "/metrics":
            few = "few-metrics" in self.server.behaviour.faults
            if self.server.left and "keeps" in self.server.behaviour.faults:
                self.server.counts["computed"] += 40
            if self.server.left and "others" in self.server.behaviour.faults:
                self.server.counts["computed"] -= 1  # each time another replica tells
            told = metrics(self.server.counts)
            told = told.replace("sglang:token_usage 0.1\n", "") if few else told
            if "frozen" in self.server.behaviour.faults:
                told = re.sub(r"(?m)^(sglang:generation_tokens_total) .*", r"\1 5", told)
            if "blind" in self.server.behaviour.faults:
                told = told.replace("realtime_tokens_total", "other_tokens_total")
            self._send(200, "text/plain; version=0.0.4", told)
        elif path == MODELS:
            self.server.listed += 1
            model = {"id": MODEL, "object": "model", "max_model_len": CONTEXT}
            self._json("models", {"object": "list", "data": [model]})
        else:
            self._send(404, "application/json", '{"detail":"Not Found"}')

    def _answer(self, path: str, body: Answer) -> None:
        self.server.counts["finished"] += self.server.behaviour.counts
        if path == CHAT and self._crowded(body):
            return
        if path not in {CHAT, COMPLETIONS}:
            self._send(404, "application/json", '{"detail":"Not Found"}')
        elif path == COMPLETIONS:
            self._json("completion", completion())
        elif body.get("stream"):
            self._stream(body)
        elif path in self.server.behaviour.drop:
            self._break_off()
        else:
            self._json(*chat(body))

    def _crowded(self, body: Answer) -> bool:
        """Keep count of prompts, and be wrong about many at once; true where that was an answer."""
        if body["model"] != MODEL and self.server.behaviour.unknown != 200:
            error = '{"error": {"message": "there is no such model"}}'
            self._send(self.server.behaviour.unknown, "application/json", error)
            return True
        faults, prompt = self.server.behaviour.faults, str(body["messages"][-1]["content"])
        if prompt in self.server.prompts and "forgets" not in faults:
            self.server.counts["cached"] += len(prompt.split())
        self.server.prompts.add(prompt)
        number = int(body.get("user", "0").rpartition("-")[2])
        if "crowd" in faults and number % 2:
            self._send(503, "application/json", '{"error": {"message": "too many"}}')
            return True
        mixed = "mixed-streams" if body.get("stream") else "mixed"
        if mixed in faults and "user" in body:
            body["messages"][-1]["content"] = "another's question"
        return False

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
        kind = "text/plain" if "kind" in behaviour.stream_faults else "text/event-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        situation, answer = chat(body)
        behaviour.edit(f"stream:{situation}", answer)
        counted = bool(body.get("stream_options", {}).get("include_usage"))
        faults, forever = behaviour.stream_faults, behaviour.stream_forever
        parts = chunks(answer, faults=faults, usage=counted, forever=forever)
        try:
            self._write(
                parts, long=body.get("max_tokens") != usage.TOKENS and bool(body.get("ignore_eos"))
            )
        except OSError:
            self.server.left = True
            self.server.counts["aborted"] += not behaviour.faults & {"keeps", "quiet", "blind"}

    def _write(self, parts: Iterator[str], *, long: bool) -> None:
        """Write events piece by piece; a long answer goes on until others were answered."""
        behaviour = self.server.behaviour
        lines: Iterator[bytes] = (f"data: {data}\n\n".encode() for data in parts)
        if "burst" in behaviour.stream_faults and long:
            lines = iter([b"".join(lines)])
        listed = self.server.listed
        for number, whole in enumerate(lines):
            line = whole
            if "bytes" in behaviour.stream_faults:
                line = line.replace("東".encode(), "\ufffd\ufffd".encode())
            self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            if self.path in behaviour.drop and number == 3:
                self._break_off()
                return
            if long and number == 3 and "burst" not in behaviour.stream_faults:
                self._await(listed + LISTED)
        self.wfile.write(b"0\r\n\r\n")

    def _await(self, listed: int) -> None:
        """Wait until the models were asked for so often, or the client has gone."""
        while self.server.listed < listed and not self.server.closing.is_set():
            if select.select([self.connection], [], [], 0.01)[0]:  # what comes is the end
                raise ConnectionResetError

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
