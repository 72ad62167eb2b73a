"""What comes through a door, and what does not: a real process, asked over real sockets."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest
import requests

from deployer.facts.sglang.routes import CLIENTS, OPERATORS, OTHERS
from deployer.serve.door.keys import digest
from deployer.serve.door.terms import NamedKey
from tests.serve.living import PATIENCE, wait_for

from .conftest import INNER, KEY, RELEASE, House
from .upstream import Stream

pytestmark = pytest.mark.process

CHAT = "/v1/chat/completions"

FASTAPI = ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect", "/metrics", "/metrics/")

Make = Callable[..., House]


def test_an_answer_passes_with_what_a_client_may_see(house: Make) -> None:
    at = house()
    answer = at.ask("POST", f"{CHAT}?x=1", json={"a": 1}, headers={"X-Data-Parallel-Rank": "1"})
    assert (answer.status_code, answer.text) == (200, "{}")
    assert answer.headers["X-Deployer-Release"] == RELEASE
    assert answer.headers["X-Request-Id"].startswith("req_")
    assert not {"Set-Cookie", "Access-Control-Allow-Origin"} & set(answer.headers)
    ((method, target, headers, body),) = at.upstream.seen
    assert (method, target, body) == ("POST", f"{CHAT}?x=1", b'{"a": 1}')
    assert headers["Authorization"] == f"Bearer {INNER}"
    assert headers["X-Request-Id"] == answer.headers["X-Request-Id"]
    assert "X-Data-Parallel-Rank" not in headers
    assert KEY not in str(headers)


def test_no_other_route_of_the_engine_answers_with_any_key(house: Make) -> None:
    at = house(routes=())
    asked = 0
    paths = {path.path: path.methods for path in (*CLIENTS, *OTHERS, *OPERATORS)}
    for path, methods in (*paths.items(), *((each, ("GET",)) for each in FASTAPI)):
        for key in (KEY, INNER, "", "wrong"):
            for method in {*methods, "GET", "POST"} - {"WEBSOCKET"}:
                answer = at.ask(method, path, key)
                assert answer.status_code == 404, (method, path)
                assert answer.headers["X-Deployer-Release"] == RELEASE
                asked += 1
    assert asked > 500
    assert at.upstream.seen == []
    assert at.ask("GET", "/nope").json()["error"]["code"] == "not_found"


TRICKS = [
    "//v1/models", "/v1//models", "/v1/../v1/models", "/v1/models/", "/v1/%6dodels",
    "/v1/models%00",
    "/v1/models%2f..%2fserver_info", "/V1/models", "/v1/models;a=b", "/v1/responses/../models",
    "/v1/responses/..%2f..%2fserver_info", "/v1/responses/", "/v1/responses/a/b", "/./v1/models",
    "http://127.0.0.1/v1/models", "http://elsewhere/server_info", "*", "v1/models", "/v1/models#x",
    "\\v1\\models", "/v1/models?\x7f", "/server_info?/v1/models", "/v1/responses/a.b",
]  # fmt: skip


@pytest.mark.parametrize("target", TRICKS)
def test_a_path_means_what_it_says_and_nothing_else(standing: House, target: str) -> None:
    at = standing
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    found = at.raw(f"{head}Connection: close\r\n\r\n".encode("latin-1"))
    assert found.split(b" ")[1] in {b"400", b"404"}, found
    assert b"X-Deployer-Release" in found
    assert at.upstream.seen == []


POST = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"

SMUGGLED = [
    f"{POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    f"{POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    f"{POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
    f"{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    f"{POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    f"{POST}Content-Length: -1\r\n\r\n",
    f"{POST}Content-Length : 4\r\n\r\nabcd",
    f"{POST}X: a\rb\r\nContent-Length: 0\r\n\r\n",
    f"{POST}Host: y\r\nContent-Length: 0\r\n\r\n",
    f"POST {CHAT} HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 0\r\n\r\n",
    f"{POST}Long: {'x' * 9000}\r\n\r\n",
    f"POST {CHAT}?{'x' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n",
    "HELLO\r\n\r\n",
]


@pytest.mark.parametrize("text", SMUGGLED)
def test_what_two_readers_could_read_in_two_ways_is_refused(standing: House, text: str) -> None:
    at = standing
    found = at.raw(text.encode("latin-1"))
    assert found.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), found
    assert found.count(b" 400 Bad Request\r\n") == 1, "one answer, and the connection has ended"
    assert b'"error"' in found
    assert at.upstream.seen == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": f"Bearer {KEY[:-1]}"},
        {"Authorization": f"Bearer {INNER}"},
        {"Authorization": "Bearer "},
        {"X-Api-Key": KEY},
        {"Cookie": f"key={KEY}"},
    ],
)
def test_without_the_right_key_there_is_no_answer(standing: House, headers: dict[str, str]) -> None:
    at = standing
    answer = at.ask("GET", "/v1/models", "", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"]["type"] == "authentication_error"
    assert KEY not in answer.text
    assert at.upstream.seen == []


def test_two_keys_in_one_request_are_none(standing: House) -> None:
    at = standing
    one = f"Authorization: Bearer {KEY}\r\n"
    found = at.raw(
        f"GET /v1/models HTTP/1.1\r\nHost: x\r\n{one}{one}Connection: close\r\n\r\n".encode()
    )
    assert b" 401 " in found.split(b"\r\n")[0]


def test_keys_come_and_go_while_it_serves(house: Make) -> None:
    at = house()
    other = "sk-another-0123456789"
    assert at.ask("GET", "/v1/models", other).status_code == 401
    at.door.keys([NamedKey("alice", digest(KEY)), NamedKey("bob", digest(other))])
    wait_for(lambda: at.ask("GET", "/v1/models", other).status_code == 200)
    assert at.ask("GET", "/v1/models", KEY).status_code == 200
    at.door.keys([NamedKey("bob", digest(other))])
    wait_for(lambda: at.ask("GET", "/v1/models", KEY).status_code == 401)
    at.door.keys([])
    wait_for(lambda: at.ask("GET", "/v1/models", other).status_code == 401)
    assert at.told == [], "it is the same door"


def test_a_door_that_asks_for_no_key_lets_in_whoever_brings_one(house: Make) -> None:
    at = house(keyed=False)
    assert at.ask("GET", "/v1/models", "").status_code == 200
    assert at.ask("GET", "/v1/models", "anything").status_code == 200


def test_bounds_of_method_size_and_form(standing: House) -> None:
    at = standing
    wrong = at.ask("PUT", CHAT, data=b"{}")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert at.ask("OPTIONS", CHAT).status_code == 405
    assert at.ask("POST", CHAT, data=b"x" * 1000).status_code == 200
    assert at.ask("POST", CHAT, data=b"x" * 1001).status_code == 413
    assert at.ask("POST", CHAT, data=(b"x" * 500 for _ in range(3))).status_code == 413
    packed = at.ask("POST", CHAT, data=b"x", headers={"Content-Encoding": "gzip"})
    assert packed.status_code == 415
    assert len(at.upstream.seen) == 1


def test_expect_is_answered_before_the_body_and_not_for_a_stranger(standing: House) -> None:
    at = standing
    with socket.create_connection(("127.0.0.1", at.port), timeout=PATIENCE) as one:
        one.sendall(f"{POST}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
        assert one.recv(100).startswith(b"HTTP/1.1 100 Continue")
        one.sendall(b"{}")
        assert b"200 OK" in one.recv(1000)
    strange = POST.replace(KEY, "no") + "Connection: close\r\n"
    found = at.raw(f"{strange}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode())
    assert found.startswith(b"HTTP/1.1 401 ")


def test_only_listed_pages_may_ask_from_a_browser(house: Make) -> None:
    at = house(origins=("https://chat.example.com",))
    asked = {"Origin": "https://chat.example.com", "Access-Control-Request-Method": "POST"}
    answer = at.ask("OPTIONS", CHAT, "", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://chat.example.com"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    other = at.ask("OPTIONS", CHAT, "", headers={**asked, "Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    page = at.ask("GET", "/v1/models", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in page.headers
    assert page.headers["Vary"] == "Origin"
    assert at.ask("OPTIONS", "/server_info", "", headers=asked).status_code == 404


def test_health_is_the_doors_own(house: Make) -> None:
    at = house()
    assert at.ask("GET", "/health", "").status_code == 200
    assert at.ask("HEAD", "/health", "").status_code == 200
    assert at.ask("POST", "/health", "").status_code == 405
    at.door.shut("it drains", 7)
    wait_for(lambda: not at.door.pulse().ready)
    for path, key in (("/health", ""), ("/v1/models", KEY)):
        answer = at.ask("GET", path, key)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
        assert answer.headers["Connection"] == "close"
        assert answer.json()["error"]["message"] == "it drains"
    assert at.ask("GET", "/v1/models", "").status_code == 401
    assert at.upstream.seen == []


def test_a_stream_is_passed_on_piece_by_piece(house: Make) -> None:
    at, stream = house(), Stream()
    at.upstream.answer = stream
    with at.ask("POST", CHAT, json={}, stream=True) as answer:
        pieces = answer.iter_content(None)
        assert next(pieces) == b"data: 1\n\n", "the engine has sent nothing else yet"
        wait_for(lambda: at.door.pulse().streams)
        pulse = at.door.pulse()
        assert (pulse.in_flight, pulse.streams, pulse.bytes) == (1, 1, 9)
        assert 0 < pulse.last_byte_at <= pulse.at <= time.monotonic()
        stream.go.release()
        assert next(pieces) == b"data: 2\n\n"
        stream.go.release()
        assert b"".join(pieces) == b"data: [DONE]\n\n"
    wait_for(lambda: not at.door.pulse().in_flight)


def test_a_client_that_leaves_frees_the_engine(standing: House) -> None:
    at = standing
    done = threading.Event()

    def endless(request: BaseHTTPRequestHandler) -> None:
        Stream.piece_head(request)
        while not done.is_set():
            Stream.piece(request, b"data: x\n\n")
            time.sleep(0.01)

    at.upstream.answer = endless
    answer = at.ask("POST", CHAT, json={}, stream=True)
    next(answer.iter_content(1))
    answer.close()
    assert at.upstream.gone.wait(PATIENCE)
    done.set()
    wait_for(lambda: not at.door.pulse().in_flight)


def test_a_client_that_leaves_before_the_first_byte_frees_the_engine(standing: House) -> None:
    at = standing
    left = threading.Event()

    def silent(request: BaseHTTPRequestHandler) -> None:
        request.connection.settimeout(PATIENCE)
        if request.connection.recv(1) == b"":
            left.set()

    at.upstream.answer = silent
    with socket.create_connection(("127.0.0.1", at.port)) as one:
        one.sendall(f"{POST}Content-Length: 2\r\n\r\n{{}}".encode())
        wait_for(lambda: at.door.pulse().in_flight)
    assert left.wait(PATIENCE)


def test_who_reads_nothing_is_given_up_and_is_not_the_engines_silence(house: Make) -> None:
    at = house(reader_seconds=1.0)

    def flood(request: BaseHTTPRequestHandler) -> None:
        Stream.piece_head(request)
        while True:
            Stream.piece(request, b"x" * 65536)

    at.upstream.answer = flood
    with socket.create_connection(("127.0.0.1", at.port)) as one:
        one.sendall(f"{POST}Content-Length: 2\r\n\r\n{{}}".encode())
        wait_for(lambda: at.door.pulse().held_up)
        assert at.upstream.gone.wait(PATIENCE)
        wait_for(lambda: not at.door.pulse().in_flight)


def test_half_a_request_does_not_hold_a_connection(house: Make) -> None:
    at = house(head_seconds=0.3)
    assert at.raw(b"GET /v1/models HTTP/1.1\r\nHost:") == b""
    assert at.raw(b"") == b""
    assert at.ask("GET", "/v1/models").status_code == 200


def test_connections_are_bounded(house: Make) -> None:
    at = house(connections=2)
    held = [socket.create_connection(("127.0.0.1", at.port)) for _ in range(2)]
    with socket.create_connection(("127.0.0.1", at.port), timeout=PATIENCE) as third:
        assert third.recv(1) == b""
    for each in held:
        each.close()
    wait_for(lambda: _status(at) == 200)


def _status(at: House) -> int:
    try:
        return at.ask("GET", "/v1/models").status_code
    except requests.ConnectionError:
        return 0


def test_an_engine_that_is_gone_is_told_as_such(house: Make) -> None:
    at = house()
    at.upstream.close()
    answer = at.ask("POST", CHAT, json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "engine_unavailable")
    wait_for(lambda: at.door.broken)
    assert at.door.broken[0].route == CHAT


def test_an_answer_that_breaks_off_is_never_taken_for_whole(house: Make) -> None:
    at = house()

    def broken(request: BaseHTTPRequestHandler) -> None:
        Stream.piece_head(request)
        Stream.piece(request, b"data: 1\n\n")
        request.close_connection = True

    at.upstream.answer = broken
    found: list[bytes] = []
    with at.ask("POST", CHAT, json={}, stream=True) as answer:
        pieces = answer.iter_content(None)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            found.extend(pieces)
    assert b"data: 1" in b"".join(found)
    assert b'"code": "broken_off"' in b"".join(found)
    (cut,) = wait_for(lambda: at.door.broken)
    assert (cut.id, cut.bytes) == (answer.headers["X-Request-Id"], 9)


def test_what_is_cut_says_so_to_its_client(house: Make) -> None:
    at, stream = house(), Stream()
    at.upstream.answer = stream
    with at.ask("POST", CHAT, json={}, stream=True, headers={"X-Request-Id": "mine-1"}) as answer:
        pieces = answer.iter_content(None)
        assert next(pieces) == b"data: 1\n\n"
        (cut,) = at.door.cut()
        assert (cut.id, cut.route, cut.bytes) == ("mine-1", CHAT, 9)
        assert b'"code": "cut_off"' in next(pieces)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            next(pieces)
    stream.go.release(2)


def test_a_dead_door_is_another_door_and_nobody_is_refused(house: Make) -> None:
    at = house()
    first = at.door.pid
    os.kill(first, signal.SIGKILL)
    for _ in range(20):
        assert at.ask("GET", "/v1/models").status_code == 200
    assert at.door.pid != first
    assert at.told[0].startswith(f"the door (process {first}) has ended: killed by SIGKILL (9); 0 ")


def test_sigterm_is_not_the_doors_to_act_on(standing: House) -> None:
    at = standing
    os.kill(at.door.pid, signal.SIGTERM)
    os.kill(at.door.pid, signal.SIGINT)
    assert at.ask("GET", "/v1/models").status_code == 200
    assert at.told == []


def test_a_door_without_a_supervisor_ends(house: Make) -> None:
    at = house()
    with open(f"/proc/{at.door.pid}/cmdline", "rb") as words:  # noqa: PTH123 - a kernel file
        assert KEY.encode() not in words.read()
    with open(f"/proc/{at.door.pid}/environ", "rb") as variables:  # noqa: PTH123 - as above
        assert INNER.encode() not in variables.read()
    at.door.end()
    wait_for(lambda: not os.path.exists(f"/proc/{at.door.pid}"))  # noqa: PTH110 - a kernel folder
    assert at.told == []
