"""Answers of the door's own, in the shape in which OpenAI's clients read an error."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

CODE = "deployer.code"
"""Under this an answer carries the code of its error, for those who count it."""

_TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
}
"""``error.type`` where it is not ``invalid_request_error`` or ``server_error``."""


def error_text(status: int, message: str, code: str, param: str | None = None) -> str:
    """Write an error as OpenAI does: ``{"error": {"message", "type", "param", "code"}}``.

    One about a parameter is an invalid request, whatever its status.
    """
    ours = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    kind = ours if param else _TYPES.get(HTTPStatus(status), ours)
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


def refusal(
    status: int,
    message: str,
    code: str,
    headers: Mapping[str, str] | None = None,
    param: str | None = None,
) -> web.Response:
    """Refuse a request."""
    answer = web.Response(
        status=status,
        text=error_text(status, message, code, param),
        content_type="application/json",
        headers=headers,
    )
    answer[CODE] = code
    return answer
