"""A request that wakes a container waits longer than Modal holds it.

Why it hurts: after 150 s Modal answers 303 and goes on in the background. A client that does not
follow redirects sees an empty answer, for the first request after every pause.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      modal:
        endpoint: web_server
    -   min_containers: 0
    +   min_containers: 1

Source: Modal guide, request timeouts: 150 s, then a redirect to the result. That such a start takes
longer follows from the published speeds of loading them.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.loading import loading, span
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

HELD = 150
"""Seconds for which Modal holds a request to a `web_server`."""


def find(case: Case) -> Iterator[Problem]:
    """Look for a start from nothing that takes longer than a request is held."""
    found, modal = loading(case), case.profile.modal
    if modal is None or found is None or modal.endpoint != "web_server" or modal.min_containers:
        return
    if found.fastest > HELD:
        key = "min_containers" if "min_containers" in modal.model_fields_set else "app"
        yield Problem(
            ("modal", key),
            f"a request that wakes a container is answered 303 after {HELD} s, and reading "
            f"{found.gib:.0f} GiB takes {span(found)}",
            "let clients follow redirects, or keep a container with `min_containers: 1`",
        )


RULE = Rule(
    "redirect-while-starting",
    Severity.NOTE,
    find,
    link="https://modal.com/docs/guide/webhook-timeouts",
)
