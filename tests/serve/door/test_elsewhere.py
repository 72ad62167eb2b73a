"""Whatever an engine or an environment points to elsewhere: nothing of ours goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest
import requests

from deployer.serve import memory
from deployer.serve.counters import ask, send_one
from deployer.serve.ready import ask_health
from tests.serve.living import KEY, PATIENCE, environ

from .upstream import Upstream

if TYPE_CHECKING:
    from tests.serve.living import Story

    from .conftest import House

pytestmark = pytest.mark.process

SECRET = "inner-canary-0123456789abcdef"
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def elsewhere() -> Iterator[Upstream]:
    there = Upstream()
    yield there
    there.close()


def sending_to(there: Upstream) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(307)
        request.send_header("Location", f"http://127.0.0.1:{there.port}{request.path}")
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def test_no_redirect_is_followed(elsewhere: Upstream, house: Callable[..., House]) -> None:
    engine = Upstream(sending_to(elsewhere))
    url = f"http://127.0.0.1:{engine.port}"
    try:
        assert ask_health(f"{url}/health", PATIENCE) == "status 307"
        assert send_one(engine.port, SECRET, PATIENCE) == 307
        account = ask(engine.port, SECRET, PATIENCE)
        assert account is not None
        assert not account.counts
        assert memory.ask(url, SECRET, PATIENCE)
    finally:
        engine.close()
    at = house()
    at.upstream.answer = sending_to(elsewhere)
    answer = at.ask("POST", "/v1/chat/completions", json={}, allow_redirects=False)
    assert answer.status_code == 307
    assert "Location" not in answer.headers
    assert elsewhere.seen == []


def test_no_proxy_of_the_environment_is_asked(
    elsewhere: Upstream, live: Callable[..., Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From launch to drain: the supervisor, its door, and what the door hands to the engine."""
    for name in PROXIES:
        monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert environ()["HTTP_PROXY"]
    story = live()
    assert story.runtime.start()
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            f"http://127.0.0.1:{story.release.listen.port}/v1/chat/completions",
            json={"messages": []},
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=PATIENCE,
        )
    assert answer.status_code == 200
    story.runtime.stop()
    assert elsewhere.seen == []
