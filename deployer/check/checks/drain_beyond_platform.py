"""Requests in flight are promised more time than the platform gives.

Why it hurts: Modal kills the container while long answers are still being streamed, or refuses the
number when it is deployed.

Instead of ``-`` write ``+``::

      modal:
        endpoint: web_server
      lifecycle:
    -   drain_timeout: 600
    +   drain_timeout: 25

Source: Modal guide, container lifecycle: exit handlers of a web_server get about 30 s; Modal client
1.6.4 ``_server.py``: the exit grace period of a server is at most an hour.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

GRACE = {"web_server": 30, "server": 3600}
"""Seconds that Modal gives a container after it asks it to end, at most, by kind of endpoint."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the drain budget with the grace of the endpoint."""
    if case.profile.modal is None:
        return
    drain, endpoint = case.profile.lifecycle.drain_timeout, case.profile.modal.endpoint
    if drain > GRACE[endpoint]:
        longer = ", or use `modal.endpoint: server`, which drains up to an hour"
        yield Problem(
            ("lifecycle", "drain_timeout"),
            f"{drain:g} s of draining is more than the {GRACE[endpoint]} s that Modal gives",
            f"lower it{longer if endpoint == 'web_server' else ''}",
        )


RULE = Rule(
    "drain-beyond-platform",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/lifecycle-functions",
)
