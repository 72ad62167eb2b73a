"""Asks a live server for its promises: the same for every target, and a parameter in tests.

The probes bring the OpenAI client along, so they are imported when they are called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.verify.endpoint import Endpoint
    from deployer.verify.verdict import Verdict

OnVerdict = Callable[["Verdict"], None]
Verify = Callable[["Endpoint", OnVerdict], tuple["Verdict", ...]]
"""Probes what an endpoint promises; tells each verdict as it falls."""

Sample = Callable[["Endpoint"], str]
"""Gives one answer of an endpoint, to show."""


def verify(endpoint: Endpoint, on_verdict: OnVerdict) -> tuple[Verdict, ...]:
    """Ask for everything. Raises Failure where the endpoint's guard does."""
    from deployer.verify.run import verify as ask  # noqa: PLC0415 - see the module

    return ask(endpoint, on_verdict=on_verdict)


def sample(endpoint: Endpoint) -> str:
    """Ask one question. Raises Failure where there is no answer."""
    from deployer.verify.sample import sample_answer  # noqa: PLC0415 - see the module

    return sample_answer(endpoint)
