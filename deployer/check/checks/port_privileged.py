"""A server on this machine listens on a port that only root may open.

Why it hurts: the server ends with `Permission denied` before the engine is started.

Instead of ``-`` write ``+``::

      target: local
      modal: null
      model:
        path: /models/b
      serving:
    -   port: 80
    +   port: 8000

Source: Linux ``ip(7)``: ports below 1024 need CAP_NET_BIND_SERVICE.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

FIRST_FREE = 1024


def find(case: Case) -> Iterator[Problem]:
    """Look for a low port on a local target; a container's process is root."""
    if case.profile.target == "local" and case.profile.serving.port < FIRST_FREE:
        yield Problem(
            ("serving", "port"),
            f"only root may open port {case.profile.serving.port} on this machine",
            "write 8000, or any other from 1024 on",
        )


RULE = Rule(
    "port-privileged",
    Severity.WARNING,
    find,
    link="https://man7.org/linux/man-pages/man7/ip.7.html",
)
