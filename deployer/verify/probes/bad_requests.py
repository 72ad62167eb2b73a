"""What is wrong with a request is told, and does the server no harm."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.codec import read_json
from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import answered
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt
from deployer.verify.probes.models import context_length

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

CHAT = "/v1/chat/completions"


def ask(context: Context, check: Check) -> Verdict:
    """Send what no server can answer, look at each refusal, and ask something sensible at last."""
    for what, body in _bodies(context):
        answer = context.send(CHAT, body, api_key=context.endpoint.api_key)
        status = answer.status_code
        check.that(
            HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR,
            f"{what}: {status}",
            otherwise=f"{what} gets {status}, not a 4xx",
            detail=(excerpt(context.endpoint, answer.text),),
        )
        if not _message(answer.text, flat=not context.endpoint.bounded):
            msg = f"{what} gets {status} without an error's message where OpenAI's clients read it"
            raise Broken(msg, detail=(excerpt(context.endpoint, answer.text),))
    health = context.get("/health", api_key=context.endpoint.api_key).status_code
    check.that(
        health == HTTPStatus.OK,
        "/health says 200 afterwards",
        otherwise=f"after bad requests /health says {health}",
    )
    text = text_of(answered(context, prompts.SUM).message.content)
    check.that(
        bool(text), "and it answers", otherwise="after bad requests a good one gets an empty answer"
    )
    return check.passed()


def _bodies(context: Context) -> list[tuple[str, bytes]]:
    good: dict[str, object] = {
        "model": context.model,
        "messages": [{"role": "user", "content": prompts.HELLO}],
        "max_tokens": 1,
    }
    length = context_length(context)
    long = [{"role": "user", "content": "word " * (2 * length)}] if length else None
    changes: dict[str, dict[str, object]] = {
        "a negative max_tokens": {"max_tokens": -1},
        "messages that are a text": {"messages": "hello"},
        "a temperature that is a word": {"temperature": "hot"},
        **({"an over-long input": {"messages": long}} if long else {}),
    }
    lacking = {name: value for name, value in good.items() if name != "messages"}
    return [
        ("malformed JSON", b'{"model": '),
        ("a request without messages", json.dumps(lacking).encode()),
        *((what, json.dumps(good | change).encode()) for what, change in changes.items()),
    ]


def _message(body: str, *, flat: bool) -> str:
    """Give an error's message in OpenAI's form, '' where there is none.

    Where no door stands in front, SGLang's own ``flat`` form will do: the SDK shows it as well.
    """
    try:
        value = read_json(body, constants=True)
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    error = value.get("error")
    if flat and error is None and value.get("object") == "error":
        error = value
    said = error.get("message") if isinstance(error, dict) else None
    return said if isinstance(said, str) else ""
