"""Whether a page in a browser may ask: only the origins that the profile lists, none by default."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from deployer.headers import TOLD_BY
from deployer.serve.door.terms import REQUEST_HEADER

if TYPE_CHECKING:
    from deployer.serve.door.terms import Route

HEADERS = f"Authorization, Content-Type, {REQUEST_HEADER}"
REMEMBERED = "600"
"""Seconds for which a browser may remember the answer (Fetch standard, CORS-preflight cache)."""


def preflight(request: web.BaseRequest, route: Route, origins: tuple[str, ...]) -> web.Response:
    """Answer a browser's question whether it may send a request; no key comes with it."""
    answer = web.Response(status=HTTPStatus.NO_CONTENT)
    if request.headers.get("Origin") in origins:
        answer.headers["Access-Control-Allow-Methods"] = ", ".join(route.methods)
        answer.headers["Access-Control-Allow-Headers"] = HEADERS
        answer.headers["Access-Control-Max-Age"] = REMEMBERED
    return answer


def allow_origin(
    request: web.BaseRequest, answer: web.StreamResponse, origins: tuple[str, ...]
) -> None:
    """Let a listed page read an answer; never with cookies, of which there are none."""
    if not origins:
        return
    answer.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin", "")
    if origin in origins:
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = f"{REQUEST_HEADER}, {TOLD_BY}"
