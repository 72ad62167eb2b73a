"""Requests in flight get no time to end.

Why it hurts: every deployment, and every container that goes, breaks off the answers that are being
streamed.

Instead of ``-`` write ``+``::

      lifecycle:
    -   drain_timeout: 0
    +   drain_timeout: 25

Source: ``deployer/serve/drain.py``: the group is ended when the time is over; Modal gives a
`web_server` about 30 s. https://modal.com/docs/guide/lifecycle-functions
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

LEAST = 5.0
"""Seconds: SGLang looks every 5 s whether requests are in flight (0.5.10.post1
``managers/tokenizer_manager.py``)."""


def find(case: Case) -> Iterator[Problem]:
    """Look for a budget in which nothing can end."""
    drain = case.profile.lifecycle.drain_timeout
    if drain < LEAST:
        yield Problem(
            ("lifecycle", "drain_timeout"),
            f"requests in flight get {drain:g} s, and the engine looks for them every {LEAST:g} s",
            "write 25, or leave it out",
        )


RULE = Rule(
    "requests-not-drained",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/lifecycle-functions",
)
