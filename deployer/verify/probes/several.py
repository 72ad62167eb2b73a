"""As many answers come as were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import completed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

MANY = 2


def ask(context: Context, check: Check) -> Verdict:
    """Ask for two answers to one question (`n`)."""
    answer = completed(context, prompts.SUM, n=MANY)
    choices = answer.choices if isinstance(getattr(answer, "choices", None), list) else []
    numbers = [getattr(choice, "index", None) for choice in choices]
    check.that(
        sorted(map(str, numbers)) == [str(number) for number in range(MANY)],
        f"{MANY} answers",
        otherwise=f"n is {MANY}, and the answer has {len(choices)} choices numbered {numbers}",
    )
    texts = [text_of(getattr(choice.message, "content", None)) for choice in choices]
    check.that(
        all(texts),
        "each has text",
        otherwise="not each of the answers has text",
    )
    return check.passed()
