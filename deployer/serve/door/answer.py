"""What becomes of one request: refused with a reason, answered here, or handed to the engine."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, web

from deployer.serve.door.cors import allow_origin, preflight
from deployer.serve.door.keys import holder
from deployer.serve.door.models import objection
from deployer.serve.door.refusal import CODE, refusal
from deployer.serve.door.reply import NoAnswerError
from deployer.serve.door.routing import split
from deployer.serve.door.tally import GONE
from deployer.serve.door.terms import REQUEST_HEADER, Route

if TYPE_CHECKING:
    from deployer.serve.door.connection import Connection
    from deployer.serve.door.forward import Forward
    from deployer.serve.door.gate import Gate

HEALTH = Route("/health", ("GET", "HEAD"))
"""What the door answers itself, without a key."""

UNKNOWN_KEY = "the API key is missing or not one of this server's: `Authorization: Bearer KEY`"

ONE_HOST = "a request names one host"
PLAIN_PATH = "a request's target is a path, and what follows a `?`"

METRICS = "/metrics"
"""Answered here, shut or not; SGLang's is a mounted application, and has a slash at its end."""

METRICS_SECONDS = 5.0
"""For the engine's part of it: Prometheus itself waits 10 s."""

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"

ROUTE = "deployer.route"
"""Under this a request carries the path of its route."""

CHALLENGE = {"WWW-Authenticate": "Bearer"}

BODY_SECONDS = 60.0
"""For a request's body, and one second more for each :data:`BODY_RATE` bytes that it may have."""

BODY_RATE = 128 * 1024

GIVEN_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A client's own name for its request is kept where it looks like one."""


class RefusedError(Exception):
    """A request is answered here and goes no further."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Answer:
    """Answers the requests of one door."""

    def __init__(self, gate: Gate, forward: Forward) -> None:
        self._gate = gate
        self._forward = forward

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; the connection's clock stands still meanwhile."""
        connection: Connection = request.protocol  # type: ignore[assignment]
        connection.begin()
        status = HTTPStatus.BAD_GATEWAY.value  # an answer that breaks off
        try:
            answer = await self._answer(request)
            status = answer.status
        except asyncio.CancelledError:
            status = GONE
            raise
        else:
            if code := answer.get(CODE):
                self._gate.tally.refused(request.get(ROUTE, ""), code)
            return answer
        finally:
            self._gate.tally.answered(request.get(ROUTE, ""), status)
            connection.done()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        given = request.headers.get(REQUEST_HEADER, "")
        name = given if GIVEN_NAME.fullmatch(given) else ""
        try:
            route, target = self._find(request)
            self._admit(request, route)
            if route.path == METRICS:
                return self._sealed(request, await self._metrics(), name)
            self._refuse_shut()
            body = await self._body(request)
            self._refuse_shut()  # it may have been while the body came
            self._refuse_model(route, body)
            return await self._forward(request, route, target, body, name)
        except RefusedError as refused:
            return self._sealed(request, refused.answer, name)
        except NoAnswerError:
            said = "the engine is not answering"
            failed = refusal(HTTPStatus.BAD_GATEWAY, said, "engine_unavailable")
            return self._sealed(request, failed, name)

    def _find(self, request: web.BaseRequest) -> tuple[Route, str]:
        """Find what a request is for, by what was sent and nothing that it could be made into."""
        if request.version >= HttpVersion11 and len(request.headers.getall("Host", ())) != 1:
            raise _unfit(ONE_HOST, "bad_host")
        parts = split(request.raw_path)
        if parts is None:
            raise _unfit(PLAIN_PATH, "bad_target")
        path, query = parts
        route = HEALTH if path == HEALTH.path else self._gate.routes.find(path)
        if route is None:
            answer = refusal(HTTPStatus.NOT_FOUND, "there is no such route", "not_found")
            raise RefusedError(answer)
        request[ROUTE] = route.path
        return route, f"{path}{query}"

    def _admit(self, request: web.BaseRequest, route: Route) -> None:
        """Raise where all is said without the engine."""
        if request.method == "OPTIONS" and self._gate.terms.origins:
            raise RefusedError(preflight(request, route, self._gate.terms.origins))
        if request.method not in route.methods:
            raise _not_allowed(request.method, route)
        if route is HEALTH:
            raise RefusedError(self._gate.health())
        if self._gate.terms.keyed and not self._known(request):
            answer = refusal(HTTPStatus.UNAUTHORIZED, UNKNOWN_KEY, "invalid_api_key", CHALLENGE)
            raise RefusedError(answer)

    async def _metrics(self) -> web.Response:
        """Tell what is counted here and, where it answers, what the engine counts."""
        theirs = await self._forward.read(f"{METRICS}/", METRICS_SECONDS)
        answer = web.Response(text=self._gate.told() + theirs)
        answer.headers["Content-Type"] = EXPOSITION
        return answer

    def _refuse_shut(self) -> None:
        if not self._gate.ready:
            raise RefusedError(self._gate.shut())

    def _refuse_model(self, route: Route, body: bytes) -> None:
        terms = self._gate.terms
        if said := objection(route.path, body, terms.models, terms.adapters):
            answer = refusal(HTTPStatus.NOT_FOUND, said, "model_not_found", param="model")
            raise RefusedError(answer)

    def _known(self, request: web.BaseRequest) -> bool:
        given = request.headers.getall("Authorization", ())
        return holder(tuple(given), self._gate.keys) is not None

    async def _body(self, request: web.BaseRequest) -> bytes:
        """Read a request's body whole, within its bounds of size and time."""
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            answer = refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "bodies come unpacked", "packed")
            raise RefusedError(answer)
        most = self._gate.terms.body
        if (request.content_length or 0) > most:
            raise _too_large(most)
        if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS + most / BODY_RATE):
                while piece := await request.content.readany():
                    size += len(piece)
                    if size > most:
                        raise _too_large(most)
                    pieces.append(piece)
        except TimeoutError:
            said = "the body did not come in time"
            raise _ended(HTTPStatus.REQUEST_TIMEOUT, said, "slow_body") from None
        return b"".join(pieces)

    def _sealed(self, request: web.BaseRequest, answer: web.Response, name: str) -> web.Response:
        self._gate.mark(answer, name)
        allow_origin(request, answer, self._gate.terms.origins)
        return answer


def _unfit(message: str, code: str) -> RefusedError:
    return _ended(HTTPStatus.BAD_REQUEST, message, code)


def _ended(status: int, message: str, code: str) -> RefusedError:
    """Refuse, and end the connection: what follows on it is not a request of its own."""
    answer = refusal(status, message, code)
    answer.force_close()
    return RefusedError(answer)


def _too_large(most: int) -> RefusedError:
    said = f"the body has more than {most:,} bytes"
    return _ended(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said, "body_too_large")


def _not_allowed(method: str, route: Route) -> RefusedError:
    allowed = ", ".join(route.methods)
    said = f"{route.path} takes {allowed}, not {method}"
    headers = {"Allow": allowed}
    return RefusedError(refusal(HTTPStatus.METHOD_NOT_ALLOWED, said, "method_not_allowed", headers))
