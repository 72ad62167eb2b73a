"""What ends, changes or lays open a server is not within a client's reach."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.verify.check import Broken
from deployer.verify.probes.auth import ELSEWHERE, apart
from deployer.verify.probes.models import listed
from deployer.verify.surface import operators

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})

HINT = (
    "whoever has a client's key can end this server, or read its keys: let nobody reach the engine "
    "but through a door with a list of routes"
)


def ask(context: Context, check: Check) -> Verdict:
    """Ask each operators' route by a method that it does not take, with a client's key and without.

    Who shows none shows it where it has no business: what lets in everybody lets that in, too.
    405 says that the route was reached; nothing is done by it. With 0.5.23 the key of clients is
    the key of everything where no door stands in front.
    """
    if not context.endpoint.auth:
        return check.skipped("the profile asks for no API key")
    listed(context)  # who refuses everything keeps no promise
    key = context.endpoint.api_key
    right = {"Authorization": f"Bearer {key}"} if key else {}
    routes = operators(context.endpoint)
    astray = apart(key) if key else {}
    for shown, headers in (("a client's key", right), (f"no key, and {ELSEWHERE}", astray)):
        for method, path in routes:
            status = context.ask(method, path, None, headers).status_code
            if status not in CLOSED:
                msg = f"{shown} reaches the operators' route {path}: it says {status}, not 404"
                raise Broken(msg, hint=HINT)
        check.that(
            len(routes) > 0,
            f"{shown} reaches none of {len(routes)} operators' routes",
            otherwise="no route is known",
        )
    return check.passed()
