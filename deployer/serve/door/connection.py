"""One client's connection, bounded in number and in how long it may keep us waiting.

aiohttp ends an idle connection only after a request, and none that never finishes sending one.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiohttp import web

from deployer.serve.door.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deployer.serve.door.terms import Terms

IDLE_SECONDS = 75.0
"""Between two requests of a connection. nginx's ``keepalive_timeout``; longer than OpenAI's clients
keep an idle connection (httpx: 5 s), so that they end it and no request meets a closing one."""

LINE, FIELD, FIELDS = 8190, 8190, 64
"""Bytes of a request line and of a header field, and how many of these: aiohttp's and half its."""

BUFFERED = 1 << 20
"""Bytes that asyncio holds for a client before a write waits: beyond what we let it come to."""


class Connection(web.RequestHandler):
    """aiohttp's connection with a clock on everything before a request is whole."""

    __slots__ = ("_bounds", "_clock", "idle")

    def __init__(self, server: Server, **options: Any) -> None:  # noqa: ANN401 - aiohttp's own
        super().__init__(server, **options)
        self._bounds = server.bounds
        self._clock: asyncio.TimerHandle | None = None
        self.idle = False
        """Whether a request of it was answered and no other one has begun."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or end it at once where there are too many."""
        super().connection_made(transport)
        if isinstance(transport, asyncio.WriteTransport):
            transport.set_write_buffer_limits(high=BUFFERED)
        if len(self._bounds.open) >= self._bounds.most:
            self._bounds.refused += 1
            self.force_close()
            return
        self._bounds.open.add(self)
        self._wait(self._bounds.head_seconds)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        self._stop()
        self._bounds.open.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A request that begins has to be whole in time."""
        if self.idle:
            self.idle = False
            self._wait(self._bounds.head_seconds)
        super().data_received(data)

    def begin(self) -> None:
        """A request's head is whole."""
        self.idle = False
        self._stop()

    def done(self) -> None:
        """It is answered: another may follow."""
        self.idle = True
        self._wait(IDLE_SECONDS)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Say that a request was no HTTP (``status`` 400), or that we failed; no details of it."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log_exception("a request failed in the door: %s", type(exc).__name__)
        if request.writer.output_size > 0:
            msg = "the answer has begun already"
            raise ConnectionError(msg)
        self.close()
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            answer = refusal(status, "this is no request that HTTP/1.1 allows", "bad_request")
        else:
            answer = refusal(status, "the request failed in the door", "door_failed")
        del message
        answer.force_close()
        self._bounds.mark(answer)
        return answer

    def _wait(self, seconds: float) -> None:
        self._stop()
        self._clock = asyncio.get_running_loop().call_later(seconds, self.force_close)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


class Bounds:
    """What all connections share: how many may be open, and the headers of every answer."""

    def __init__(self, terms: Terms, mark: Callable[[web.StreamResponse], None]) -> None:
        self.most = terms.connections
        self.head_seconds = terms.head_seconds
        self.mark = mark
        self.open: set[Connection] = set()
        self.refused = 0


class Server(web.Server):
    """aiohttp's low-level server, which knows no routes, with our connections."""

    def __init__(
        self, answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], bounds: Bounds
    ) -> None:
        # A client that leaves ends what runs for it: the engine's slot is free at once.
        super().__init__(answer, handler_cancellation=True)
        self.bounds = bounds

    def __call__(self) -> Connection:
        """Make the next connection."""
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_SECONDS,
            access_log=None,
            max_line_size=LINE,
            max_field_size=FIELD,
            max_headers=FIELDS,
            auto_decompress=False,
            lingering_time=2.0,
        )
