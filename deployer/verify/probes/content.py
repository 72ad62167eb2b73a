"""Answers are about what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import cut_off, text_of
from deployer.verify.asking import answered
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

ASKED = (
    (prompts.SUM, prompts.SUM_HOLDS),
    (prompts.CAPITAL_ASKED, prompts.CAPITAL_HOLDS),
)


def ask(context: Context, check: Check) -> Verdict:
    """Ask two questions that every model can answer, and look for the answers.

    Two, because one answer to everything may have one of them in it.
    """
    for question, words in ASKED:
        _check(context, check, question, words)
    return check.passed()


def _check(context: Context, check: Check, question: str, words: tuple[str, ...]) -> None:
    choice = answered(context, question)
    text = text_of(choice.message.content)
    if not text and choice.finish_reason == "length":
        raise cut_off(context, f"{question!r} got no answer")
    check.that(
        prompts.holds(text, words),
        f"{question!r} is answered with {words[0]}",
        otherwise=f"the answer to {question!r} does not hold {words[0]}",
        hint="are the weights whole, and do quantization and KV cache dtype fit them?",
        detail=(excerpt(context.endpoint, text),),
    )
