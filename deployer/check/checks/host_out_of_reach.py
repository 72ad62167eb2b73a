"""The server listens where nobody who needs it can reach it.

Why it hurts: Modal's proxy connects to the container's own address, so a server bound to the
loopback address starts, loads for minutes at full price, and is then ended as unreachable. Locally
verification asks 127.0.0.1.

Instead of ``-`` write ``+``::

      target: modal
      serving:
    -   host: 127.0.0.1
    +   host: 0.0.0.0

Source: Modal client 1.6.4, measured: "Make sure the web server is bound to 0.0.0.0".
https://modal.com/docs/guide/webhooks
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

EVERYWHERE = frozenset({"0.0.0.0"})  # noqa: S104 - an address to compare with
"""Not `::`: whether a container of Modal has IPv6 is not known."""

HERE = EVERYWHERE | {"::"}
"""The door's socket on `::` takes IPv4 as well (``serve/listener.py``), over which we ask."""

LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def find(case: Case) -> Iterator[Problem]:
    """Compare the address with the ones that the target can reach."""
    host = case.profile.serving.host
    if case.profile.target == "modal" and host not in EVERYWHERE:
        yield Problem(
            ("serving", "host"),
            f"in a container on Modal nobody reaches {host}: the proxy uses another address",
            "leave it out: the default is 0.0.0.0",
        )
    if case.profile.target == "local" and host not in HERE | LOOPBACK:
        yield Problem(
            ("serving", "host"),
            f"verification asks 127.0.0.1, and the server listens on {host}",
            "write 127.0.0.1 for this machine alone, or 0.0.0.0 for every address",
        )


RULE = Rule("host-out-of-reach", Severity.ERROR, find)
