"""Two profiles for this machine with one port.

Why it hurts: only one of them can be served at a time: applying the second is refused while the
first is up.

Instead of ``-`` write ``+``::

      # profiles/chat.yaml
      name: chat
      target: local
      serving:
        port: 8000
      ---
      # profiles/code.yaml
      name: code
      target: local
      serving:
    -   port: 8000
    +   port: 8001

Source: ``deployer/apply/local/standing.py`` (`refuse_foreign_port`); two sockets cannot listen on
one address: https://man7.org/linux/man-pages/man2/bind.2.html (`EADDRINUSE`).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.across.identity import Identity
from deployer.check.across.rule import Across
from deployer.check.rule import Problem
from deployer.finding import Severity
from deployer.visible import visible


def find(own: Identity, other: Identity) -> Iterator[Problem]:
    """Compare the ports of two servers on this machine; one name is one server already."""
    if own.name == other.name:
        return
    yield Problem(
        ("serving", "port"),
        f"port {own.port} is that of {visible(other.file)}, too: only one of them can be up at a "
        "time",
        "give each a port of its own, if both are to be up",
    )


RULE = Across(
    "port-shared",
    Severity.WARNING,
    lambda one: one.port,
    find,
    link="https://man7.org/linux/man-pages/man2/bind.2.html",
)
