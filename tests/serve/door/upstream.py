"""An engine's stand-in that writes down what it was asked, and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.listening import listening

Answer = Callable[[BaseHTTPRequestHandler], None]


def plain(request: BaseHTTPRequestHandler) -> None:
    """Answer with a few bytes, and with headers that are nobody's business."""
    request.send_response(200)
    for name, value in (("Content-Type", "application/json"), ("Set-Cookie", "canary=1")):
        request.send_header(name, value)
    request.send_header("Access-Control-Allow-Origin", "*")
    request.send_header("Content-Length", "2")
    request.end_headers()
    request.wfile.write(b"{}")


@dataclass
class Upstream:
    """It holds what came: method, target, headers, body."""

    answer: Answer = plain
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                size = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(size)
                _, _, rest = self.raw_requestline.decode("latin-1").partition(" ")
                target = rest.rpartition(" ")[0]  # `path` has no slash twice at its beginning
                outer.seen.append((self.command, target, dict(self.headers), body))
                try:
                    outer.answer(self)
                except OSError:
                    self.close_connection = True
                    outer.gone.set()

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def send_error(self, code: int, *words: Any) -> None:
                """Write down what it cannot read, too."""
                outer.seen.append(("", self.raw_requestline.decode("latin-1"), {}, b""))
                super().send_error(code, *words)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self._until_closed = ExitStack()
        self._until_closed.enter_context(listening(self.server))

    def begin_anew(self) -> None:
        """Answer plainly, and forget what came."""
        self.answer = plain
        self.seen.clear()
        self.gone.clear()

    def close(self) -> None:
        self._until_closed.close()


@dataclass
class Stream:
    """Pieces of a stream of events, each sent when the test says so."""

    first: bytes = b"data: 1\n\n"
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        self.piece_head(request)
        self.piece(request, self.first)
        self.go.acquire()
        self.piece(request, b"data: 2\n\n")
        self.go.acquire()
        self.piece(request, b"data: [DONE]\n\n")
        request.wfile.write(b"0\r\n\r\n")

    @staticmethod
    def piece_head(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()

    @staticmethod
    def piece(request: BaseHTTPRequestHandler, text: bytes) -> None:
        request.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
        request.wfile.flush()
