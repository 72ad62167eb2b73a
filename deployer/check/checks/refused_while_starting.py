"""An endpoint that does not queue starts from nothing.

Why it hurts: a `server` answers 503 until a container is ready. Every client must try again for
minutes, after every pause.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      modal:
        endpoint: server
    -   min_containers: 0
    +   min_containers: 1

Source: Modal guide, servers: 503 while there is no container; its example retries in the client.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.loading import loading, span
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a `server` of a large model without a container that stays."""
    found, modal = loading(case), case.profile.modal
    if modal is None or found is None or modal.endpoint != "server" or modal.min_containers:
        return
    yield Problem(
        ("modal", "endpoint"),
        f"while a container starts, every request is answered 503: reading {found.gib:.0f} GiB "
        f"alone takes {span(found)}",
        "keep a container with `min_containers: 1`, or write `web_server`, which queues",
    )


RULE = Rule(
    "refused-while-starting",
    Severity.WARNING,
    find,
    link="https://modal.com/docs/guide/servers",
)
