"""``/v1/chat/completions`` answers a plain question with text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import check_content, check_usage, first_choice
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Ask in the simplest way that a user has, thinking as the model does by default."""
    answer = context.client.chat.completions.create(
        model=context.model,
        messages=[{"role": "user", "content": prompts.HELLO}],
        temperature=0,
        max_tokens=context.max_tokens,
    )
    choice = first_choice(context, answer)
    role: object = choice.message.role
    check.that(role == "assistant", "role is assistant", otherwise="the answer's role is wrong")
    told: object = answer.model
    check.that(
        told == context.model,
        "it is the model's",
        otherwise=f"the answer is of model {excerpt(context.endpoint, told)}, not {context.model}",
    )
    check_content(context, check, choice.message.content, choice.finish_reason)
    check_usage(check, answer.usage)
    return check.passed()
