"""A stop word ends the answer and stands not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import answered
from deployer.verify.check import Unseen
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Ask for a word, and then the same with this word as the end."""
    (word,) = prompts.CAPITAL_HOLDS
    free = text_of(answered(context, prompts.CAPITAL_ASKED).message.content)
    if word not in free:
        msg = f"the answer has no {word!r} in it, so that there is nothing to stop at"
        raise Unseen(msg, detail=(excerpt(context.endpoint, free),))
    choice = answered(context, prompts.CAPITAL_ASKED, stop=[word])
    content = choice.message.content or ""
    finish: object = choice.finish_reason
    check.that(
        word not in content,
        f"{word} ends the answer",
        otherwise=f"the answer goes on beyond the stop word {word!r}",
        detail=(excerpt(context.endpoint, content),),
    )
    check.that(
        free.startswith(content.strip()),
        "what comes before it is there",
        otherwise="what comes before the stop word is not the beginning of the answer",
        detail=(excerpt(context.endpoint, content), excerpt(context.endpoint, free)),
    )
    otherwise = f"finish_reason is {excerpt(context.endpoint, finish)}, not stop"
    check.that(finish == "stop", "finish_reason is stop", otherwise=otherwise)
    return check.passed()
