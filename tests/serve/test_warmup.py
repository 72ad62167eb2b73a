"""Which warm-up requests are there at a time, and what is told of them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deployer.errors import Failure
from deployer.release import WarmupRequest
from deployer.serve.bell import Bell
from deployer.serve.inside import Inside
from deployer.serve.redact import Redactor
from deployer.serve.warmup import Warmup
from tests.listening import listening

from .living import PATIENCE

pytestmark = pytest.mark.process

GOOD = {"choices": [{"message": {"content": "yes"}}]}
KINDS = ("chat", "no_thinking", "long_context", "tools")
BATCH = 12


class Engine(ThreadingHTTPServer):
    """Answers once as many requests are there as it waits for, and notes which they were."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.wrong = ""
        self.there: list[str] = []
        self.at_a_time: list[int] = []
        self.open = 0
        self.changed = threading.Condition()


class Handler(BaseHTTPRequestHandler):
    server: Engine

    def do_POST(self) -> None:
        kind = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["kind"]
        engine = self.server
        with engine.changed:
            engine.there.append(kind)
            engine.open += 1
            engine.changed.notify_all()
            wanted = {KINDS[0]: 1, "batch": BATCH}.get(kind, len(KINDS) - 1)
            engine.changed.wait_for(lambda: engine.open >= wanted, PATIENCE)
            engine.at_a_time.append(engine.open)
        time.sleep(0.05)
        with engine.changed:
            engine.open -= 1
        body = json.dumps({} if kind == engine.wrong else GOOD).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def engine() -> Iterator[Engine]:
    with listening(Engine()) as found:
        yield found


def run(engine: Engine, *more: WarmupRequest) -> tuple[list[str], int]:
    told: list[str] = []
    proven: list[int] = []
    warmup = Warmup(
        Inside(engine.server_address[1], "key", "admin"),
        PATIENCE,
        bell=Bell(),
        guard=lambda: None,
        prove=lambda: proven.append(len(engine.there)),
        clock=time.monotonic,
        redactor=Redactor(()),
    )
    requests = [WarmupRequest(kind, json.dumps({"kind": kind}), ("content",)) for kind in KINDS]
    requests[1:1] = more
    warmup.run(requests, lambda kind, _: told.append(kind))
    return told, len(proven)


def test_the_first_is_alone_and_the_others_come_together(engine: Engine) -> None:
    told, proven = run(engine)

    assert told == list(KINDS)
    assert engine.at_a_time == [1, 3, 3, 3]
    assert engine.there[0] == KINDS[0]
    assert proven == 2


def test_a_batch_is_there_at_once_and_after_all_others(engine: Engine) -> None:
    batch = WarmupRequest("batch", json.dumps({"kind": "batch"}), ("content",), repeat=BATCH)
    told, proven = run(engine, batch)

    assert told == [*KINDS, "batch"]
    assert engine.there[len(KINDS) :] == ["batch"] * BATCH
    assert engine.at_a_time[len(KINDS) :] == [BATCH] * BATCH
    assert proven == 3


def test_one_wrong_answer_of_a_batch_is_a_wrong_batch(engine: Engine) -> None:
    engine.wrong = "batch"
    with pytest.raises(Failure, match="'batch' was answered wrongly"):
        run(
            engine,
            WarmupRequest("batch", json.dumps({"kind": "batch"}), ("content",), repeat=BATCH),
        )


def test_after_a_wrong_first_answer_no_other_is_asked(engine: Engine) -> None:
    engine.wrong = KINDS[0]
    with pytest.raises(Failure, match="'chat' was answered wrongly"):
        run(engine)

    assert engine.there == [KINDS[0]]


def test_a_wrong_one_among_the_others_is_named(engine: Engine) -> None:
    engine.wrong = "long_context"
    with pytest.raises(Failure, match="'long_context' was answered wrongly: no choices"):
        run(engine)
