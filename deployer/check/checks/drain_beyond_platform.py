"""Requests in flight are promised more time than the platform gives.

Why it hurts: Modal kills the container while long answers are still being streamed.

Instead of::

    modal:
      endpoint: web_server
    lifecycle:
      drain_timeout: 600

Write::

    modal:
      endpoint: web_server
    lifecycle:
      drain_timeout: 25

Source: Modal guide, container lifecycle: exit handlers of a web_server get about 30 s.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.finding import Severity
from deployer.profile.model import Profile

WEB_SERVER_GRACE = 30
"""Seconds that Modal gives a `web_server` container after it asks it to end."""


def find(profile: Profile) -> Iterator[Problem]:
    """Compare the drain budget with the grace of a web_server container."""
    if profile.modal is None or profile.modal.endpoint != "web_server":
        return
    drain = profile.lifecycle.drain_timeout
    if drain > WEB_SERVER_GRACE:
        yield Problem(
            ("lifecycle", "drain_timeout"),
            f"{drain:g} s of draining is more than the {WEB_SERVER_GRACE} s that Modal gives",
            "lower it, or use `modal.endpoint: server`, which drains up to an hour",
        )


RULE = Rule(
    "drain-beyond-platform",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/lifecycle-functions",
)
