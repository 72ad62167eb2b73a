"""JSON mode gives a JSON object and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.codec import read_json
from deployer.verify import prompts
from deployer.verify.answers import check_content, cut_off
from deployer.verify.asking import answered
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Ask for ``json_object``, which can be cut off."""
    choice = answered(context, prompts.PLANETS, response_format={"type": "json_object"})
    content = check_content(context, check, choice.message.content, choice.finish_reason)
    value = _parsed(content)
    if value is None and choice.finish_reason == "length":
        raise cut_off(context, "the JSON is not complete")
    check.that(
        isinstance(value, dict) and bool(value),
        "content is a JSON object",
        otherwise="content is not a JSON object with something in it",
        hint="is a grammar backend set?",
        detail=(excerpt(context.endpoint, content),),
    )
    return check.passed()


def _parsed(content: str) -> object:
    try:
        value: object = read_json(content, constants=True)
    except ValueError:
        return None
    return value
