"""What the engine refuses comes in one shape, and tells nothing of the server's files."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from deployer.serve.door.errors import LONGEST, reshaped

from .conftest import RELEASE, House

CHAT = "/v1/chat/completions"
FLAT = {
    "object": "error",
    "message": '1 validation error\n\n  File "/opt/engine/http_server.py", line 1870, in x',
    "type": "Bad Request",
    "param": None,
    "code": 400,
}
"""As SGLang 0.5.23 answers JSON that breaks off."""


def refusing(body: bytes, status: int = 400, kind: str = "application/json") -> object:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Retry-After", "7")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.mark.process
def test_a_flat_error_comes_as_openai_writes_it(house: Callable[..., House]) -> None:
    at = house()
    at.upstream.answer = refusing(json.dumps(FLAT).encode())  # type: ignore[assignment]
    answer = at.ask("POST", CHAT, json={})
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "1 validation error",
        "type": "invalid_request_error",
        "param": None,
        "code": "refused_by_engine",
    }
    assert answer.headers["X-Deployer-Release"] == RELEASE
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["X-Request-Id"].startswith("req_")


@pytest.mark.process
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error": {"message": "no"}}', "application/json"),
        (b"no", "text/plain"),
        (b"no JSON", "application/json"),
        (json.dumps(FLAT | {"message": "x" * LONGEST}).encode(), "application/json"),
    ],
    ids=["another shape", "text", "no JSON", "too long"],
)
def test_what_is_no_flat_error_passes_as_it_is(
    house: Callable[..., House], body: bytes, kind: str
) -> None:
    at = house()
    at.upstream.answer = refusing(body, kind=kind)  # type: ignore[assignment]
    answer = at.ask("POST", CHAT, json={})
    assert (answer.status_code, answer.content) == (400, body)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"object": "error"}', b'{"object": "list"}'])
def test_what_has_no_message_stays(body: bytes) -> None:
    assert reshaped(400, body) == body


def test_the_name_of_a_parameter_is_kept() -> None:
    told = json.loads(reshaped(400, json.dumps(FLAT | {"param": "n"}).encode()))
    assert told["error"]["param"] == "n"
