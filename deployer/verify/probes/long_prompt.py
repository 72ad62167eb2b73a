"""A prompt nearly as long as the context is read and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import check_content, first_choice
from deployer.verify.asking import completed
from deployer.verify.check import Broken, Unseen
from deployer.verify.probes.models import context_length

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

SHARE = 0.9
"""Of the context that the prompt is to fill: answer and chat template need the rest."""

SEEN = 0.8
"""The least share that is called long; the prompt's length is reckoned from a short one's."""

SAMPLE = 50
"""Sentences by which the tokens of one are measured."""

SHORT = 32


def ask(context: Context, check: Check) -> Verdict:
    """Measure the tokens of a sentence, and ask with as many as nearly fill the context."""
    length = context_length(context)
    if length is None:
        msg = "/v1/models does not tell max_model_len, so that nobody knows what a long prompt is"
        raise Unseen(msg)
    one, many = (_counted(context, number) for number in (1, SAMPLE))
    each = (many - one) / (SAMPLE - 1)
    if each <= 0:
        msg = f"usage counts {one} prompt tokens for one sentence and {many} for {SAMPLE}"
        raise Broken(msg)
    number = int((SHARE * length - one) / each)
    if number <= SAMPLE:
        msg = f"a context of {length} tokens has no room for a long prompt"
        raise Unseen(msg)
    answer = completed(context, _prompt(number), max_tokens=SHORT)
    choice = first_choice(context, answer)
    read = getattr(answer.usage, "prompt_tokens", 0) or 0
    check.that(
        read >= SEEN * length,
        f"{read} of {length} tokens were read",
        otherwise=f"{read} tokens were counted of a prompt of some {int(one + each * number)}",
    )
    check_content(context, check, choice.message.content, choice.finish_reason)
    return check.passed()


def _prompt(sentences: int) -> str:
    return f"{prompts.FILLER * sentences}\n{prompts.SUMMARIZE}"


def _counted(context: Context, sentences: int) -> int:
    usage = completed(context, _prompt(sentences), max_tokens=1).usage
    counted = getattr(usage, "prompt_tokens", None)
    if not isinstance(counted, int) or counted <= 0:
        msg = "usage does not count the prompt's tokens"
        raise Broken(msg)
    return counted
