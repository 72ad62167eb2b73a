"""Log probabilities belong to the tokens of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai

from deployer.verify import prompts
from deployer.verify.asking import answered
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

TOP = 2
SHORT = 4


def ask(context: Context, check: Check) -> Verdict:
    """Ask for them and for the runners-up, and put the tokens together again."""
    try:
        choice = answered(context, prompts.SUM, logprobs=True, top_logprobs=TOP, max_tokens=SHORT)
    except openai.BadRequestError as error:
        return check.skipped(
            f"the engine refuses logprobs: {excerpt(context.endpoint, error.message)}"
        )
    told = getattr(choice.logprobs, "content", None)
    tokens = told if isinstance(told, list) else []
    check.that(
        bool(tokens),
        f"{len(tokens)} tokens have one",
        otherwise="the answer has no logprobs, although asked for",
    )
    joined = "".join(str(each.token) for each in tokens)
    content = choice.message.content or ""
    check.that(
        bool(content.strip()) and joined.strip().startswith(content.strip()),
        "the tokens make the answer",
        otherwise="the tokens with logprobs are not those of the answer",
        detail=(excerpt(context.endpoint, joined), excerpt(context.endpoint, content)),
    )
    check.that(
        all(isinstance(each.logprob, int | float) and each.logprob <= 0 for each in tokens),
        "none is above 0",
        otherwise="a log probability is above 0",
    )
    best = all(
        isinstance(each.top_logprobs, list)
        and len(each.top_logprobs) == TOP
        and max(one.logprob for one in each.top_logprobs) >= each.logprob
        for each in tokens
    )
    check.that(
        best, f"each with its {TOP} best", otherwise=f"a token lacks its {TOP} best alternatives"
    )
    return check.passed()
