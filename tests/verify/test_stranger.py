"""A token in front of the server: who has none is turned away, and not by the server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployer.verify.run import verify
from deployer.verify.verdict import Outcome, Verdict, all_hold

from .asking import PATIENT, everything
from .fake_engine import Behaviour, running

pytestmark = pytest.mark.process

TOKEN = "ws-canary-0123456789"


def stranger(behaviour: Behaviour, *probes: str) -> tuple[Verdict, ...]:
    headers = {"Modal-Key": "wk-1", "Modal-Secret": TOKEN}
    with running(behaviour) as server:
        endpoint = replace(everything(server.url), headers=headers)
        return verify(endpoint, select=["stranger", *probes], timeout=PATIENT)


def test_the_token_goes_with_every_request_of_either_client() -> None:
    found = stranger(Behaviour(front=TOKEN), "models", "chat", "auth", "huge-body", "release")
    assert all_hold(found)
    assert {one.outcome for one in found} == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (Behaviour(), "/wp-login.php with no token: the server itself says 404, not Modal 401"),
        (Behaviour(front="another"), "GET /health with the token"),
        (
            Behaviour(raw={"*": (401, "text/plain", "no")}),
            "GET /health with the token",
        ),
        (
            Behaviour(raw={"/health": (401, "text/plain", "no")}, raw_tells=True),
            "GET /health with the token",
        ),
    ],
)
def test_what_lets_strangers_through_is_seen(behaviour: Behaviour, words: str) -> None:
    (verdict,) = stranger(behaviour)
    assert verdict.outcome is Outcome.FAILED
    assert words in verdict.message
    assert TOKEN not in repr(verdict)
