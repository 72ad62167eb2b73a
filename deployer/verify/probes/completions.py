"""``/v1/completions`` continues a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import check_usage, text_of
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

LENGTH = 32
"""How many tokens to continue by; there is no chat template that would bring it to an end."""


def ask(context: Context, check: Check) -> Verdict:
    """Ask for the continuation of half a sentence."""
    answer = context.client.completions.create(
        model=context.model, prompt=prompts.CAPITAL, temperature=0, max_tokens=LENGTH
    )
    choices = getattr(answer, "choices", None)
    if not isinstance(choices, list) or not choices:
        detail = (excerpt(context.endpoint, answer),)
        msg = "the answer is not a completion: it has no choices"
        raise Broken(msg, detail=detail)
    told: object = answer.model
    otherwise = f"the completion is of model {excerpt(context.endpoint, told)}"
    check.that(told == context.model, "it is the model's", otherwise=otherwise)
    text = text_of(getattr(choices[0], "text", None))
    check.that(bool(text), "it continues the text", otherwise="the completion is empty")
    check.that(
        not text.startswith(prompts.CAPITAL),
        "and does not repeat it",
        otherwise="the completion begins with the prompt, although echo was not asked for",
        detail=(excerpt(context.endpoint, text),),
    )
    check.that(
        prompts.holds(text, prompts.CAPITAL_HOLDS),
        f"with {prompts.CAPITAL_HOLDS[0]}",
        otherwise=f"{prompts.CAPITAL!r} is not continued with {prompts.CAPITAL_HOLDS[0]}",
        hint="are the weights whole, and do quantization and KV cache dtype fit them?",
        detail=(excerpt(context.endpoint, text),),
    )
    finish = getattr(choices[0], "finish_reason", None)
    otherwise = f"finish_reason is {excerpt(context.endpoint, finish)}, not stop or length"
    check.that(finish in {"stop", "length"}, f"finish_reason is {finish}", otherwise=otherwise)
    check_usage(check, answer.usage)
    return check.passed()
