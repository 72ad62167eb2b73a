"""Without the right key there is no answer."""

from __future__ import annotations

import secrets
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from openai import APIStatusError

from deployer.verify import prompts
from deployer.verify.check import Broken
from deployer.verify.trouble import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from openai import OpenAI

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

CHAT = "/v1/chat/completions"
MODELS = "/v1/models"
OPEN = "the endpoint is open to everybody: was it deployed with its API key?"


def ask(context: Context, check: Check) -> Verdict:
    """Ask with the right key, with a wrong one, and with none."""
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
    _check_wrong(context, check)
    _check_none(context, check)
    return check.passed()


def _check_wrong(context: Context, check: Check) -> None:
    client = context.client.with_options(api_key=f"wrong-{secrets.token_hex(8)}")
    statuses = {
        MODELS: _status(client.models.list),
        CHAT: _status(partial(_chat, client, context.model)),
    }
    for path, status in statuses.items():
        _check_refused(check, path, status, "a wrong key")


def _check_none(context: Context, check: Check) -> None:
    # The SDK cannot leave the key out.
    body: dict[str, object] = {
        "model": context.model,
        "messages": [{"role": "user", "content": prompts.HELLO}],
        "max_tokens": 1,
    }
    _check_refused(check, MODELS, context.get(MODELS).status_code, "no key")
    _check_refused(check, CHAT, context.post(CHAT, body).status_code, "no key")


def _check_refused(check: Check, path: str, status: int, shown: str) -> None:
    check.that(
        status == HTTPStatus.UNAUTHORIZED,
        f"{shown} is refused at {path}",
        otherwise=f"{path} says {status} to {shown}, not 401",
        hint="" if status > HTTPStatus.BAD_REQUEST else OPEN,
    )


def _chat(client: OpenAI, model: str) -> object:
    return client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": prompts.HELLO}], max_tokens=1
    )


def _status(request: Callable[[], object]) -> int:
    try:
        request()
    except APIStatusError as error:
        return error.status_code
    return HTTPStatus.OK
