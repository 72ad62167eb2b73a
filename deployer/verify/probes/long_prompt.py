"""A prompt nearly as long as the context is read to its end, and what stands in it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import check_content, first_choice, text_of
from deployer.verify.asking import completed
from deployer.verify.check import Broken, Unseen
from deployer.verify.excerpt import excerpt
from deployer.verify.probes.models import context_length

if TYPE_CHECKING:
    from openai.types.chat.chat_completion import Choice

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

SHARE = 0.9
"""Of the context that the prompt is to fill: answer and chat template need the rest."""

SEEN = 0.8
"""The least share that is called long; the prompt's length is reckoned from a short one's."""

SAMPLE = 50
"""Sentences by which the tokens of one are measured."""

ROOM = 0.5
"""Of what the prompt leaves of the context, the share that an answer may take."""


def ask(context: Context, check: Check) -> Verdict:
    """Measure the tokens of a sentence, and hide two numbers among as many as fill the context.

    A model that does not find them in a short text shows nothing of a long one.
    """
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
    most = min(context.max_tokens, int(ROOM * (1 - SHARE) * length))
    alone = _found(first_choice(context, completed(context, prompts.haystack(SAMPLE))))
    answer = completed(context, prompts.haystack(number), max_tokens=most)
    choice = first_choice(context, answer)
    read = getattr(answer.usage, "prompt_tokens", 0) or 0
    check.that(
        read >= SEEN * length,
        f"{read} of {length} tokens were read",
        otherwise=f"{read} tokens were counted of a prompt of some {int(one + each * number)}",
    )
    text = check_content(context, check, choice.message.content, choice.finish_reason)
    if len(alone) < len(prompts.NEEDLES):
        msg = "the model does not find two numbers in a short text, so nobody knows what it read"
        raise Unseen(
            msg, hint="a larger model would show it", detail=(excerpt(context.endpoint, text),)
        )
    missed = [box for box, _ in prompts.NEEDLES if box not in _found(choice)]
    check.that(
        not missed,
        "both numbers that stand in it were found",
        otherwise=f"the number in the {' and in the '.join(missed)} was not found in a long text, "
        "and was in a short one",
        hint="is the prompt cut, the KV cache's dtype too coarse, or the context longer than the "
        "model was made for?",
        detail=(excerpt(context.endpoint, text),),
    )
    return check.passed()


def _found(choice: Choice) -> set[str]:
    """Give the boxes whose number stands in an answer."""
    text = text_of(choice.message.content)
    return {box for box, number in prompts.NEEDLES if number in text}


def _prompt(sentences: int) -> str:
    return f"{prompts.FILLER * sentences}\n{prompts.NEEDLES_ASKED}"


def _counted(context: Context, sentences: int) -> int:
    usage = completed(context, _prompt(sentences), max_tokens=1).usage
    counted = getattr(usage, "prompt_tokens", None)
    if not isinstance(counted, int) or counted <= 0:
        msg = "usage does not count the prompt's tokens"
        raise Broken(msg)
    return counted
