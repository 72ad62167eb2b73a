"""What is said of a server's health while it starts: by a real listener, asked at real events."""

from __future__ import annotations

import http.server
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deployer.apply.local.early import Early
from deployer.apply.readiness import PROBE
from deployer.event import Event
from deployer.verify.verdict import Outcome
from tests.listening import listening


@contextmanager
def saying(status: int) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with listening(http.server.HTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield server.server_port


def load(state: str, at: float) -> Event:
    return Event(at, "load", state, "importing the engine")


@pytest.mark.parametrize(
    ("status", "outcome"), [(503, Outcome.PASSED), (404, Outcome.PASSED), (200, Outcome.FAILED)]
)
def test_a_server_is_not_healthy_while_it_loads(status: int, outcome: Outcome) -> None:
    told: list[Event] = []
    with saying(status) as port:
        early = Early(port, told.append, now=lambda: 2.0)
        for event in (load("started", 0), load("progress", 1), load("done", 3)):
            early(event)
    (verdict,) = early.verdicts()
    assert (verdict.probe, verdict.outcome) == (PROBE, outcome)
    assert f"/health said {status} while" in (verdict.message or verdict.checked[0])
    assert [event.state for event in told] == ["started", "progress", "done"]


def test_an_answer_after_it_has_loaded_says_nothing_of_before() -> None:
    with saying(200) as port:
        early = Early(port, lambda _: None, now=lambda: 4.0)
        for event in (load("progress", 1), load("done", 3)):
            early(event)
    assert early.verdicts() == ()


def test_nobody_at_the_port_is_no_answer() -> None:
    with saying(200) as port:
        pass
    early = Early(port, lambda _: None)
    early(load("progress", 1))
    assert early.verdicts() == ()
