"""Asking a fake engine with one probe or with all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify.endpoint import Endpoint
from deployer.verify.run import verify

from .fake_answers import MODEL
from .fake_engine import KEY, RELEASE, Behaviour, running

if TYPE_CHECKING:
    from deployer.verify.verdict import Verdict

PATIENT = 120.0
"""Seconds for an answer that comes."""

HASTY = 1.0
"""Seconds for one that does not; what else is asked meanwhile has to come within them."""


def everything(url: str, *, model: str | None = MODEL, key: str | None = KEY) -> Endpoint:
    """Give an endpoint whose profile promises all there is."""
    return Endpoint(
        url,
        key,
        model,
        thinking=True,
        tools=True,
        metrics=True,
        auth=True,
        deterministic=True,
        bounded=True,
        release=RELEASE,
    )


def ask(probe: str, behaviour: Behaviour | None = None, *, timeout: float = PATIENT) -> Verdict:
    """Ask with one probe and give its verdict."""
    with running(behaviour or Behaviour()) as server:
        (verdict,) = verify(everything(server.url), select=[probe], timeout=timeout)
    assert verdict.probe == probe
    return verdict
