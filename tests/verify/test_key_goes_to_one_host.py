"""The key stays with the host that it is for: a redirect elsewhere is followed without it."""

from __future__ import annotations

from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deployer.errors import Failure
from deployer.verify.endpoint import Endpoint
from deployer.verify.run import verify
from deployer.verify.sample import sample_answer
from deployer.verify.verdict import Outcome, Verdict
from tests.listening import listening

from .asking import everything
from .fake_engine import KEY, Behaviour, running

pytestmark = pytest.mark.process

TOKEN = "ws-canary"


class Recorder(ThreadingHTTPServer):
    """Writes down whose key it was given, and sends everybody on to ``target``, if there is one."""

    daemon_threads = True

    def __init__(self, target: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Recording)
        self.target = target
        self.given: list[str | None] = []
        self.tokens: list[str | None] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Recording(BaseHTTPRequestHandler):
    server: Recorder

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.given.append(self.headers.get("Authorization"))
        self.server.tokens.append(self.headers.get("Modal-Secret"))
        self.send_response(307 if self.server.target else 200)
        if self.server.target:
            self.send_header("Location", self.server.target + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer  # noqa: N815 - the base's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_redirect_to_another_place_does_not_carry_the_key(host: str) -> None:
    with (
        listening(Recorder()) as other,
        listening(Recorder(f"http://{host}:{other.port}")) as first,
    ):
        asked = everything(f"http://127.0.0.1:{first.port}")
        asked = replace(asked, headers={"Modal-Key": "wk-1", "Modal-Secret": TOKEN})
        verify(asked)
        with pytest.raises(Failure, match="not a chat completion"):
            sample_answer(asked)
    assert f"Bearer {KEY}" in first.given
    assert other.given
    assert not any(KEY in (each or "") for each in other.given)
    assert TOKEN in first.tokens
    assert not any(other.tokens)


def test_who_cannot_be_reached_is_named_where_the_endpoint_sends_on_to_it() -> None:
    with listening(Recorder("http://127.0.0.1:9")) as first:
        asked = everything(f"http://127.0.0.1:{first.port}")
        said = {verdict.message for verdict in verify(asked)}
        with pytest.raises(Failure, match=r"sends on to 127\.0\.0\.1:9: Connection refused"):
            sample_answer(asked)
    here = f"http://127.0.0.1:{first.port}"
    assert f"{here} sends on to 127.0.0.1:9: Connection refused" in said
    assert not any("cannot reach" in each for each in said)


def test_what_the_guard_refuses_is_not_sent() -> None:
    with listening(Recorder()) as server:
        guard = Running(6).out
        endpoint = Endpoint(f"http://127.0.0.1:{server.port}", KEY, "glm-tiny", guard=guard)
        for ask in (verify, sample_answer, verify):
            with pytest.raises(Failure, match="somebody else holds the port"):
                ask(endpoint)
        assert 0 < len(server.given) < 6


def test_a_guard_that_objects_within_a_probe_is_what_its_verdict_says() -> None:
    """Between two requests of one probe, through the SDK, too."""
    heard: list[str] = []

    def note(verdict: Verdict) -> None:
        if verdict.outcome is Outcome.FAILED:
            heard.append(verdict.message)

    with running(Behaviour()) as server:
        for allowed in range(3, 9):
            guard = Running(allowed).out
            endpoint = Endpoint(server.url, KEY, thinking=True, tools=True, auth=True, guard=guard)
            with pytest.raises(Failure, match="somebody else"):
                verify(endpoint, on_verdict=note)
    assert set(heard) == {"somebody else holds the port"}


class Running:
    """A guard that objects after so many requests."""

    def __init__(self, allowed: int) -> None:
        self.left = allowed

    def out(self) -> None:
        self.left -= 1
        if self.left < 0:
            message = "somebody else holds the port"
            raise Failure(message)
