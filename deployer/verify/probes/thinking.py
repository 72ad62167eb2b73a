"""Thinking stays apart from the answer, and can be turned off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import check_content, cut_off, reasoning_of, text_of
from deployer.verify.asking import answered
from deployer.verify.check import Broken, Unseen
from deployer.verify.excerpt import excerpt
from deployer.verify.probes.json_schema import WORD, beside, forced

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

NOT_PROMISED = "the profile sets no reasoning parser"
TELLING = 20
"""From how many characters on it tells something that content begins like the reasoning."""


def ask_on(context: Context, check: Check) -> Verdict:
    """Ask with thinking on: it is in ``reasoning_content``, and none of it in ``content``."""
    if not context.endpoint.thinking:
        return check.skipped(NOT_PROMISED)
    choice = answered(context, prompts.SUM, thinking=True)
    reasoning = reasoning_of(choice.message).strip()
    if choice.finish_reason == "length" and not text_of(choice.message.content):
        raise cut_off(context, "there is no answer after the thinking")
    check.that(
        bool(reasoning),
        f"reasoning_content is text ({len(reasoning)} characters)",
        otherwise="reasoning_content is empty",
        hint="does the reasoning parser fit the model?",
    )
    content = check_content(context, check, choice.message.content, choice.finish_reason)
    repeated = len(reasoning) >= TELLING and content.startswith(reasoning) and content != reasoning
    check.that(
        not repeated,
        "content does not repeat the reasoning",
        otherwise="content begins with the whole reasoning",
        hint="does the reasoning parser fit the model?",
    )
    under = answered(context, prompts.SUM, thinking=True, response_format=forced(WORD))
    check_apart(context, check, text_of(under.message.content), under.finish_reason)
    return check.passed()


def check_apart(context: Context, check: Check, content: str, finish: object) -> None:
    """Check what was said after thinking under a schema that leaves one object: nothing else."""
    left = beside(content)
    if left is None and finish == "length":
        raise cut_off(context, "under a JSON schema there is no answer after the thinking")
    detail = (excerpt(context.endpoint, content),)
    if left is None:
        msg = (
            "under a JSON schema the answer after the thinking is not the object that it allows, "
            "so that it could not be seen whether anything of the thinking stands beside it"
        )
        raise Unseen(msg, hint="see json-schema", detail=detail)
    if left:
        msg = "some of the thinking stands in content, beside the object that a JSON schema allows"
        raise Broken(msg, hint="does the reasoning parser fit the model?", detail=detail)
    check.that(not left, "not a token of it is in content", otherwise="some of it is in content")


def ask_off(context: Context, check: Check) -> Verdict:
    """Ask with thinking off: there is an answer, and no reasoning with it."""
    if not context.endpoint.thinking:
        return check.skipped(NOT_PROMISED)
    choice = answered(context, prompts.SUM)
    check.that(
        not reasoning_of(choice.message).strip(),
        "no reasoning_content",
        otherwise="there is reasoning_content although thinking is off",
        hint="does the chat template know enable_thinking?",
    )
    check_content(context, check, choice.message.content, choice.finish_reason)
    return check.passed()
