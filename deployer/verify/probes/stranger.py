"""Who has no token of the platform is turned away by it, and wakes nothing."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.headers import TOLD_BY
from deployer.verify.check import Broken
from deployer.verify.trouble import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

HEALTH = "/health"
PATHS = ("/wp-login.php", HEALTH, "/v1/models")
"""What scanners ask for, what everybody may ask, and what needs a key."""


def ask(context: Context, check: Check) -> Verdict:
    """Ask without the token, with the key and without it, and with one whose secret is wrong.

    Whoever answers 401 must not be the server: its answers tell its release, Modal's do not.
    """
    endpoint = context.endpoint
    if not endpoint.headers:
        return check.skipped("the profile asks for no token in front of the server")
    # Without this, what says 401 to everybody would keep the promise.
    right = context.get(HEALTH)
    if right.status_code == HTTPStatus.UNAUTHORIZED or not right.headers.get(TOLD_BY):
        raise refusal(endpoint, f"GET {HEALTH} with the token", right.status_code, right.text)
    name = tuple(endpoint.headers)[-1]
    last = endpoint.headers[name][-1]
    wrong = {**endpoint.headers, name: endpoint.headers[name][:-1] + ("a" if last != "a" else "b")}
    key = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
    tried: dict[str, Mapping[str, str]] = {"no token": {}, "a wrong token": wrong}
    if key:
        tried["the API key alone"] = key
    for shown, headers in tried.items():
        for path in PATHS:
            answer = context.as_stranger(path, headers)
            if answer.status_code != HTTPStatus.UNAUTHORIZED or TOLD_BY in answer.headers:
                who = "the server itself" if TOLD_BY in answer.headers else "what is in front"
                message = f"{path} with {shown}: {who} says {answer.status_code}, not Modal 401"
                raise Broken(message, hint="anybody's request starts a container")
    check.that(bool(tried), f"turned away: {', '.join(tried)}", otherwise="nothing was tried")
    return check.passed()
