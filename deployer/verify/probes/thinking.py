"""Thinking stays apart from the answer, and can be turned off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import check_content, cut_off, first_choice, reasoning_of, text_of

if TYPE_CHECKING:
    from openai.types.chat.chat_completion import Choice

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
    choice = _ask(context, prompts.SUM, on=True)
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
    return check.passed()


def ask_off(context: Context, check: Check) -> Verdict:
    """Ask with thinking off: there is an answer, and no reasoning with it."""
    if not context.endpoint.thinking:
        return check.skipped(NOT_PROMISED)
    choice = _ask(context, prompts.SUM, on=False)
    check.that(
        not reasoning_of(choice.message).strip(),
        "no reasoning_content",
        otherwise="there is reasoning_content although thinking is off",
        hint="does the chat template know enable_thinking?",
    )
    check_content(context, check, choice.message.content, choice.finish_reason)
    return check.passed()


def _ask(context: Context, question: str, *, on: bool) -> Choice:
    answer = context.client.chat.completions.create(
        model=context.model,
        messages=[{"role": "user", "content": question}],
        temperature=0,
        max_tokens=context.max_tokens,
        extra_body=prompts.thinking(on=on),
    )
    return first_choice(context, answer)
