"""Handing a request to the engine, and its answer to the client, piece by piece as it comes."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

from aiohttp import HttpVersion11, web

from deployer.serve.door.cors import allow_origin
from deployer.serve.door.engine import ask
from deployer.serve.door.errors import LONGEST, reshaped
from deployer.serve.door.gate import new_name
from deployer.serve.door.refusal import error_text, refusal
from deployer.serve.door.reply import NoAnswerError
from deployer.serve.door.terms import REQUEST_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.serve.door.engine import Asked
    from deployer.serve.door.flights import Flight, Flights
    from deployer.serve.door.gate import Gate
    from deployer.serve.door.reply import Head
    from deployer.serve.door.terms import Route

BEHIND = 256 * 1024
"""Bytes that a client may be behind before the engine's answer is read no further."""

LOOK_EVERY = 0.05

TAKEN = (
    "Accept",
    "Content-Type",
    "Traceparent",
    "Tracestate",
    "User-Agent",
    "X-Smg-Routing-Key",
)
"""What of a request's headers the engine is given. Others steer it (``x-data-parallel-rank``,
``x-sglext-…``: ``srt/entrypoints/openai/serving_base.py`` of 0.5.23) or are a client's secrets."""

GIVEN = ("Cache-Control", "Content-Type", "Retry-After")
"""What of the engine's headers a client is given; length and connection are the door's own."""

EVENTS, JSON = "text/event-stream", "application/json"

CUT_OFF = "the server was ended before this answer was complete"


class Forward:
    """The way to the engine."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def read(self, path: str, seconds: float) -> str:
        """Ask the engine for a text of its own; '' where it gives none in time."""
        upstream = self._gate.upstream
        if upstream is None or not self._gate.ready:
            return ""
        headers = {"Authorization": f"Bearer {upstream.key}"}
        try:
            async with asyncio.timeout(seconds):
                async with await ask(upstream.port, "GET", path, headers) as asked:
                    said = await asked.head()
                    return (await asked.whole()).decode() if said.status == HTTPStatus.OK else ""
        except (NoAnswerError, TimeoutError, UnicodeDecodeError):
            return ""

    async def __call__(
        self, request: web.BaseRequest, route: Route, target: str, body: bytes, name: str
    ) -> web.StreamResponse:
        """Ask the engine and pass on its answer.

        Raises :class:`NoAnswerError` where the engine cannot be reached or says nothing, and
        ``ConnectionError`` where an answer that has begun cannot be finished: the connection then
        ends without the mark of a complete answer.
        """
        upstream = self._gate.upstream
        if upstream is None:  # pragma: no cover - nobody comes here before the door is open
            msg = "there is no engine"
            raise ConnectionError(msg)
        name = name or new_name()
        headers = {each: request.headers[each] for each in TAKEN if each in request.headers}
        headers["Authorization"] = f"Bearer {upstream.key}"
        headers[REQUEST_HEADER] = name
        with self._gate.flights.flight(name, route.path, upstream.port) as flight:
            if self._gate.traces:
                headers |= self._gate.traces.begin(flight, request.method, request.headers)
            answer: web.StreamResponse | None = None
            try:
                async with await ask(upstream.port, request.method, target, headers, body) as asked:
                    said = await asked.head()
                    if _is_error(said):
                        return await self._error(request, said, await asked.whole(), flight)
                    answer = self._answer(request, said, flight)
                    await self._pass_on(request, asked, flight, answer)
            except NoAnswerError:
                self._gate.flights.broke(flight)
                raise
            except asyncio.CancelledError:
                if not flight.is_cut:
                    raise  # the client has gone
                _uncancel()
                if answer is None or not answer.prepared:
                    return self._cut_before(flight)
                await _break_off(answer, CUT_OFF, "cut_off")
            return answer

    def _answer(self, request: web.BaseRequest, said: Head, flight: Flight) -> web.StreamResponse:
        """Begin the answer to a client, with what it may see of the engine's headers."""
        answer = web.StreamResponse(status=said.status)
        for each in GIVEN:
            if (value := said.headers.get(each.lower())) is not None:
                answer.headers[each] = value
        flight.status = said.status
        flight.is_stream = said.content_type == EVENTS and said.status == HTTPStatus.OK
        self._gate.mark(answer, flight.id)
        allow_origin(request, answer, self._gate.terms.origins)
        if said.length is not None:
            answer.content_length = said.length
        elif request.version >= HttpVersion11:
            answer.enable_chunked_encoding()
        if not self._gate.ready:
            answer.force_close()
        return answer

    async def _pass_on(
        self, request: web.BaseRequest, asked: Asked, flight: Flight, answer: web.StreamResponse
    ) -> None:
        await answer.prepare(request)
        if flush := getattr(request.writer, "send_headers", None):
            flush()  # aiohttp 3.12 and later keep them until the first piece
        asked.pass_to(_writer(request, answer, self._gate.flights, flight))
        try:
            while not await asked.moved():
                await _wait_for_reader(request, flight, self._gate.terms.reader_seconds)
                asked.go_on()
        except NoAnswerError:
            self._gate.flights.broke(flight)
            await _break_off(answer, "the engine ended in the middle of this answer", "broken_off")
        if not self._gate.ready:
            answer.force_close()
        await answer.write_eof()

    async def _error(
        self, request: web.BaseRequest, said: Head, body: bytes, flight: Flight
    ) -> web.Response:
        """Give what the engine refuses, in the shape of all other errors."""
        body = reshaped(said.status, body)
        answer = web.Response(status=said.status, body=body, content_type=JSON)
        flight.status = said.status
        self._gate.flights.saw(flight, len(body))
        self._gate.mark(answer, flight.id)
        allow_origin(request, answer, self._gate.terms.origins)
        if (after := said.headers.get("retry-after")) is not None:
            answer.headers["Retry-After"] = after
        if not self._gate.ready:
            answer.force_close()
        return answer

    def _cut_before(self, flight: Flight) -> web.Response:
        answer = refusal(HTTPStatus.SERVICE_UNAVAILABLE, CUT_OFF, "cut_off", {"Retry-After": "1"})
        answer.force_close()
        self._gate.mark(answer, flight.id)
        return answer


async def _break_off(answer: web.StreamResponse, message: str, code: str) -> NoReturn:
    """End an answer so that nobody takes it for complete; a stream of events says why, too."""
    if answer.content_type == EVENTS:
        text = error_text(HTTPStatus.SERVICE_UNAVAILABLE, message, code)
        await answer.write(f"\n\ndata: {text}\n\n".encode())
    raise ConnectionError(message)


def _writer(
    request: web.BaseRequest, answer: web.StreamResponse, flights: Flights, flight: Flight
) -> Callable[[bytes], bool]:
    """Make what sends a piece to the client as it comes, and tells whether the client keeps up.

    It writes where aiohttp would, past what that looks at for every piece anew: an answer of ours
    is never packed, and its head is on its way.
    """
    transport, chunked = request.transport, answer.chunked

    def write(piece: bytes) -> bool:
        flights.saw(flight, len(piece))
        if transport is None or transport.is_closing():
            return True  # the task of this request is about to be cancelled
        transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        return transport.get_write_buffer_size() <= BEHIND

    return write


def _is_error(said: Head) -> bool:
    refused = HTTPStatus.BAD_REQUEST <= said.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return (
        refused and said.length is not None and said.length <= LONGEST and said.content_type == JSON
    )


def _behind(request: web.BaseRequest) -> int:
    """Give how many bytes of the answer the client has yet to read."""
    transport = request.transport
    return transport.get_write_buffer_size() if transport is not None else 0


async def _wait_for_reader(request: web.BaseRequest, flight: Flight, seconds: float) -> None:
    """Wait until a client has caught up; one that reads nothing at all is given up."""
    loop = asyncio.get_running_loop()
    flight.held_up = True
    least, since = _behind(request), loop.time()
    while (behind := _behind(request)) > BEHIND // 2:
        if behind < least:
            least, since = behind, loop.time()
        elif loop.time() - since > seconds:
            if request.transport is not None:
                request.transport.abort()
            msg = "the client reads nothing"
            raise ConnectionError(msg)
        await asyncio.sleep(LOOK_EVERY)
    flight.held_up = False


def _uncancel() -> None:
    """Let the task of a request that was cut say so to its client."""
    if task := asyncio.current_task():
        task.uncancel()
