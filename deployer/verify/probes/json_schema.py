"""A JSON schema is kept to the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.codec import read_json
from deployer.verify import prompts
from deployer.verify.answers import cut_off, text_of
from deployer.verify.asking import answered
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

WORD = "marmalade-7"
"""A word that no model says unless a schema makes it."""

FIELD = "answer"


def ask(context: Context, check: Check) -> Verdict:
    """Ask under a schema that leaves one value, and look for this value and no other."""
    choice = answered(context, prompts.HELLO, response_format=forced(WORD))
    content = text_of(choice.message.content)
    if not content and choice.finish_reason == "length":
        raise cut_off(context, "there is no JSON")
    check.that(
        value_of(content) == WORD,
        "content is the one object that the schema allows",
        otherwise="content does not fit the JSON schema",
        hint="is a grammar backend set?",
        detail=(excerpt(context.endpoint, content),),
    )
    return check.passed()


def forced(word: str) -> dict[str, object]:
    """Give the response format that allows one object only, with ``word`` in it."""
    schema = {
        "type": "object",
        "properties": {FIELD: {"type": "string", "enum": [word]}},
        "required": [FIELD],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": FIELD, "schema": schema}}


def beside(content: str) -> str | None:
    """Give what stands beside the object with :data:`WORD` in it; None where there is no such."""
    start, end = content.find("{"), content.rfind("}") + 1
    found = start >= 0 and value_of(content[start:end]) == WORD
    return (content[:start] + content[end:]).strip() if found else None


def value_of(content: str) -> object:
    """Give the value in such an object; None for what is not one."""
    try:
        value = read_json(content, constants=True)
    except ValueError:
        return None
    return value[FIELD] if isinstance(value, dict) and set(value) == {FIELD} else None
