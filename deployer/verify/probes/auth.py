"""Without the right key, in its place, no route gives an answer."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.check import Broken
from deployer.verify.surface import asked
from deployer.verify.trouble import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

CHAT = "/v1/chat/completions"
MODELS = "/v1/models"
OPEN = "the endpoint is open to everybody: was it deployed with its API key?"

REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
NOT_THERE = HTTPStatus.NOT_FOUND


def ask(context: Context, check: Check) -> Verdict:
    """Ask with the right key; then everywhere with none, one almost right, and the right one apart.

    A route that is not there is no way in. What is sent asks for nothing: an empty object.
    """
    key = context.endpoint.api_key
    if not context.endpoint.auth:
        return check.skipped("the profile asks for no API key")
    if key is None:
        msg = "the profile promises an API key, and none was given to verify with"
        raise Broken(msg, hint="set the variable that holds the key, and ask again")
    # Without this, a server that says 401 to everything would keep the promise.
    right = context.get(MODELS, api_key=key)
    if right.status_code != HTTPStatus.OK:
        raise refusal(context.endpoint, f"GET {MODELS}", right.status_code, right.text)
    check.that(right.ok, "the right key is let in", otherwise="the right key is refused")
    for shown, headers in everywhere(key).items():
        routes = asked(context.endpoint)
        for route in routes:
            _check_refused(context, route, shown, headers)
        check.that(
            bool(routes), f"{shown}: refused at {len(routes)} routes", otherwise="no route is known"
        )
    others = {**almost(key), **misplaced(key)}
    for shown, headers in others.items():
        for route in (("GET", MODELS), ("POST", CHAT)):
            _check_refused(context, route, shown, headers)
    check.that(
        bool(others), f"refused as well: {', '.join(others)}", otherwise="nothing else was tried"
    )
    return check.passed()


def everywhere(key: str) -> dict[str, Mapping[str, str]]:
    """Give what every route is tried with: nothing, what is all but right, and the wrong places."""
    last = "a" if key[-1] != "a" else "b"
    changed = _bearer(f"{key[:-1]}{last}")
    return {"no key": {}, "a key whose last character is another": changed, ELSEWHERE: apart(key)}


ELSEWHERE = "the key in X-API-Key, Api-Key and a cookie at once"


def apart(key: str) -> dict[str, str]:
    """Give the right key in each place where it has no business beside its own, at once.

    Who takes it from one of them lets this in.
    """
    found: dict[str, str] = {}
    for headers in misplaced(key).values():
        found.update({name: value for name, value in headers.items() if name != "Authorization"})
    return found


def almost(key: str) -> dict[str, Mapping[str, str]]:
    """Give further keys that are not the right one."""
    return {
        "a wrong key": _bearer(f"wrong-{secrets.token_hex(8)}"),
        "a key without its last character": _bearer(key[:-1] or "-"),
        "a key with one character more": _bearer(f"{key}a"),
    }


def misplaced(key: str) -> dict[str, Mapping[str, str]]:
    """Give the right key where it has no business, by headers; a query would be logged."""
    return {
        "the key in X-API-Key": {"X-API-Key": key},
        "the key in Api-Key": {"Api-Key": key},
        "the key without Bearer": {"Authorization": key},
        "the key in a cookie": {"Cookie": f"api_key={key}"},
    }


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _check_refused(
    context: Context, route: tuple[str, str], shown: str, headers: Mapping[str, str]
) -> None:
    method, path = route
    body: dict[str, object] = {}
    if path == CHAT:
        message = {"role": "user", "content": prompts.HELLO}
        body = {"model": context.model, "messages": [message], "max_tokens": 1}
    answer = context.ask(method, path, body if method == "POST" else None, headers)
    status = answer.status_code
    there = path not in {CHAT, MODELS}
    if status not in REFUSED and not (there and status == NOT_THERE):
        msg = f"{path} says {status} to {shown}, not 401"
        raise Broken(msg, hint="" if status > HTTPStatus.BAD_REQUEST else OPEN)
