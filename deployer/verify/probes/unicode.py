"""A sign of several bytes comes whole, wherever tokens and chunks cut through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import answered
from deployer.verify.check import Unseen
from deployer.verify.excerpt import excerpt
from deployer.verify.probes.json_schema import forced, value_of
from deployer.verify.wire import streamed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Stream a text that a schema allows only one of: every model has to write it."""
    stream = streamed(context, prompts.HELLO, response_format=forced(prompts.MANY_SIGNS))
    text = stream.text()
    whole = answered(context, prompts.HELLO, response_format=forced(prompts.MANY_SIGNS))
    pieces = sum(bool(delta.get("content")) for delta in stream.deltas)
    check.that(
        "\ufffd" not in text,
        "no sign is damaged",
        otherwise="a sign was cut in two: a replacement character stands in the streamed text",
        hint="are pieces decoded one by one, where bytes should wait for the rest of a sign?",
        detail=(excerpt(context.endpoint, text),),
    )
    check.that(
        value_of(text) == prompts.MANY_SIGNS,
        f"{prompts.MANY_SIGNS} came whole, in {pieces} pieces",
        otherwise=f"{prompts.MANY_SIGNS!r} did not come as it is",
        hint="is a grammar backend set?",
        detail=(excerpt(context.endpoint, text),),
    )
    said = text_of(whole.message.content)
    if not isinstance(value_of(said), str):
        msg = "in one piece a JSON schema is not kept, so that its signs could not be seen"
        raise Unseen(msg, hint="see json-schema", detail=(excerpt(context.endpoint, said),))
    check.that(
        value_of(said) == prompts.MANY_SIGNS,
        "and in one",
        otherwise=f"{prompts.MANY_SIGNS!r} did not come as it is in one piece",
        detail=(excerpt(context.endpoint, said),),
    )
    return check.passed()
