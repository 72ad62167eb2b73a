"""A request may not take as long as a long answer takes.

Why it hurts: Modal ends a request at `timeout`: an answer of a model that thinks for minutes breaks
off in the middle of the stream.

Instead of ``-`` write ``+``::

      modal:
    -   timeout: 60
    +   timeout: 86400

Source: Modal guide, timeouts: `timeout` bounds each input. Ten minutes are 30,000 tokens at the 50
tokens a second of a full batch; upstream states no bound.
https://modal.com/docs/guide/timeouts
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

LONG_ANSWER = 600
"""Seconds that a long answer of a thinking model takes in a full batch."""


def find(case: Case) -> Iterator[Problem]:
    """Look for a bound below a long answer; a `server` has none."""
    modal = case.profile.modal
    if modal is not None and modal.endpoint == "web_server" and modal.timeout < LONG_ANSWER:
        yield Problem(
            ("modal", "timeout"),
            f"Modal ends every request after {modal.timeout} s, in the middle of a long answer",
            f"write at least `modal.timeout: {LONG_ANSWER}`, or leave it out",
        )


RULE = Rule(
    "request-cut-short", Severity.WARNING, find, link="https://modal.com/docs/guide/timeouts"
)
