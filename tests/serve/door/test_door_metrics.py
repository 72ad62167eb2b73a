"""What a door tells of itself in ``/metrics``: a real process, asked over real sockets."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest
import requests

from deployer.exposition import Sample, read
from deployer.serve.door.terms import Facts, Route, Timed
from deployer.serve.front import Front
from deployer.serve.inside import Inside
from deployer.serve.keyring import Held
from tests.ports import free_port
from tests.serve.living import PATIENCE, environ, make_release, wait_for

from .conftest import INNER, KEY, ROUTES, House
from .upstream import Stream, plain

pytestmark = pytest.mark.process

CHAT = "/v1/chat/completions"
MEASURED = (*ROUTES, Route("/metrics", ("GET",)))

Make = Callable[..., House]
Labels = tuple[str, ...]


def told(at: House) -> dict[tuple[str, Labels], float]:
    answer = at.ask("GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples: tuple[Sample, ...] = read(answer.text)
    return {(each.name, tuple(each.labels.values())): each.value for each in samples}


def engine_that_counts(request: BaseHTTPRequestHandler) -> None:
    if not request.path.startswith("/metrics"):
        return plain(request)
    text = b"sglang:num_running_reqs 3.0\n"
    moved = request.path == "/metrics"
    request.send_response(307 if moved else 200)
    request.send_header("Content-Length", str(len(text)))
    request.end_headers()
    request.wfile.write(text)
    return None


@pytest.fixture
def at(house: Make) -> House:
    found = house(routes=MEASURED)
    found.upstream.answer = engine_that_counts
    return found


def test_requests_are_counted_by_route_and_status(at: House) -> None:
    for _ in range(3):
        at.ask("POST", CHAT, json={})
    at.ask("POST", CHAT, "wrong", json={})
    at.ask("GET", CHAT)
    at.ask("GET", "/secret/path")
    at.ask("GET", "/health", "")
    seen = told(at)

    assert seen["deployer_requests_total", (CHAT, "200")] == 3
    assert seen["deployer_requests_total", (CHAT, "401")] == 1
    assert seen["deployer_requests_total", (CHAT, "405")] == 1
    assert seen["deployer_requests_total", ("other", "404")] == 1
    assert seen["deployer_requests_total", ("/health", "200")] == 1
    assert seen["deployer_refusals_total", ("invalid_api_key",)] == 1
    assert seen["deployer_refusals_total", ("method_not_allowed",)] == 1
    assert seen["deployer_refusals_total", ("not_found",)] == 1
    assert seen["deployer_request_seconds_count", ()] == 3
    assert seen["deployer_response_bytes_total", ()] == 6
    assert seen["deployer_time_to_first_token_seconds_count", ()] == 0
    assert "secret" not in at.ask("GET", "/metrics").text


def test_the_engines_own_come_after_it(at: House) -> None:
    text = at.ask("GET", "/metrics").text

    assert text.startswith("# HELP deployer_info ")
    assert text.endswith("sglang:num_running_reqs 3.0\n")
    assert [(path, headers["Authorization"]) for _, path, headers, _ in at.upstream.seen] == [
        ("/metrics/", f"Bearer {INNER}")
    ]


def test_they_ask_for_a_key(at: House) -> None:
    assert at.ask("GET", "/metrics", "").status_code == 401
    assert at.ask("GET", "/metrics", "wrong").status_code == 401
    assert at.upstream.seen == []


def test_a_profile_that_wants_none_has_none(house: Make) -> None:
    assert house().ask("GET", "/metrics").status_code == 404


def test_a_shut_door_tells_too_and_asks_no_engine(at: House) -> None:
    at.door.shut("the server is ending")
    wait_for(lambda: not at.door.pulse().ready)
    at.ask("POST", CHAT, json={})
    at.ask("GET", "/health")
    seen = told(at)

    assert seen["deployer_ready", ()] == 0
    assert seen["deployer_refusals_total", ("not_ready",)] == 1  # a probe is none
    assert at.upstream.seen == []


def test_an_engine_that_is_gone_takes_nothing_of_it(at: House) -> None:
    at.upstream.close()
    seen = told(at)

    assert seen["deployer_ready", ()] == 1
    assert ("sglang:num_running_reqs", ()) not in seen


def test_streams_are_measured_while_they_come(at: House) -> None:
    at.upstream.answer = stream = Stream()
    with requests.post(
        f"http://127.0.0.1:{at.port}{CHAT}",
        headers={"Authorization": f"Bearer {KEY}"},
        json={},
        stream=True,
        timeout=PATIENCE,
    ) as answer:
        pieces = answer.iter_content(None)
        next(pieces)
        at.upstream.answer = engine_that_counts
        assert told(at)["deployer_requests_in_flight", ()] == 1
        time.sleep(0.3)
        stream.go.release()
        next(pieces)
        stream.go.release()
        assert b"[DONE]" in b"".join(pieces)
    seen = told(at)

    assert seen["deployer_requests_in_flight", ()] == 0
    assert seen["deployer_time_to_first_token_seconds_count", ()] == 1
    assert seen["deployer_inter_token_seconds_count", ()] == 2
    assert 0.3 <= seen["deployer_inter_token_seconds_sum", ()] < PATIENCE
    assert seen["deployer_request_seconds_count", ()] == 1


def test_what_a_stop_cuts_is_counted(at: House) -> None:
    at.upstream.answer = Stream()
    with requests.post(
        f"http://127.0.0.1:{at.port}{CHAT}",
        headers={"Authorization": f"Bearer {KEY}"},
        json={},
        stream=True,
        timeout=PATIENCE,
    ) as answer:
        pieces = answer.iter_content(None)  # held: without it the connection ends
        next(pieces)
        assert len(at.door.cut()) == 1
    at.upstream.answer = engine_that_counts
    wait_for(lambda: told(at).get(("deployer_requests_total", (CHAT, "502"))) == 1)
    seen = told(at)

    assert seen["deployer_cuts_total", ("stop",)] == 1
    assert seen["deployer_cuts_total", ("engine",)] == 0


def test_what_the_engine_breaks_off_is_counted(at: House) -> None:
    def break_off(request: BaseHTTPRequestHandler) -> None:
        Stream.piece_head(request)
        Stream.piece(request, b"data: 1\n\n")
        request.connection.close()
        raise BrokenPipeError

    at.upstream.answer = break_off
    with pytest.raises(requests.RequestException):
        at.ask("POST", CHAT, json={})
    at.upstream.answer = engine_that_counts
    seen = told(at)

    assert seen["deployer_cuts_total", ("engine",)] == 1
    assert seen["deployer_cuts_total", ("stop",)] == 0


def test_what_the_supervisor_knows_is_told_by_the_next_door_too(at: House) -> None:
    at.door.facts(
        Facts("r1", "glm", "sglang 0.5.23", 1000.5, (Timed("weights", 12.5),), 2, hang=True)
    )
    wait_for(lambda: ("deployer_hang_suspected", ()) in told(at))
    wait_for(lambda: told(at)["deployer_hang_suspected", ()] == 1)
    first = told(at)
    old = at.door.pid
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: at.door.pid not in {0, old} and at.door.pulse().ready)
    second = told(at)

    for seen in (first, second):
        assert seen["deployer_info", ("r1", "glm", "sglang 0.5.23")] == 1
        assert seen["deployer_start_timestamp_seconds", ()] == 1000.5
        assert seen["deployer_start_stage_seconds", ("weights",)] == 12.5
        assert seen["deployer_engine_restarts_total", ()] == 2
    assert first["deployer_door_restarts_total", ()] == 0
    assert second["deployer_door_restarts_total", ()] == 1


def test_what_a_supervisor_starts_again_is_counted_and_another_release_is_told() -> None:
    first = make_release("--enable-metrics")
    other = replace(first, model=replace(first.model, served_name="other"))
    front = Front(first, "a" * 64, environ(), [Held("env", KEY)])
    inside = Inside(free_port(), INNER, "admin")

    def seen(*names: str) -> list[float | None]:
        answer = requests.get(
            f"http://127.0.0.1:{first.listen.port}/metrics",
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=PATIENCE,
        )
        samples = {(each.name, *each.labels.values()): each.value for each in read(answer.text)}
        return [samples.get((f"deployer_{name}",)) for name in names] + [
            value for (name, *labels), value in samples.items() if labels[1:2] == ["other"]
        ]

    try:
        front.starts("a" * 64)
        front.turn(first, "a" * 64, inside)
        front.know(hang=True)
        wait_for(lambda: seen("engine_restarts_total", "hang_suspected", "ready") == [0, 1, 1])
        front.starts("b" * 64)  # beside the one that serves
        front.starts("a" * 64)
        wait_for(lambda: seen("engine_restarts_total", "hang_suspected") == [1, 0])
        front.turn(other, "b" * 64, inside)
        wait_for(lambda: seen("engine_restarts_total", "hang_suspected") == [1, 0, 1])
    finally:
        front.close()
