"""How most probes ask: one question, without thinking where that can be turned off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from deployer.verify import prompts
from deployer.verify.answers import first_choice

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion
    from openai.types.chat.chat_completion import Choice

    from deployer.verify.context import Context


def request(
    context: Context, question: str, *, thinking: bool = False, **options: object
) -> dict[str, Any]:
    """Give the keyword arguments of the SDK for one question, at temperature 0.

    ``options`` are further ones, or others; ``extra_body`` is added to what turns thinking off.
    """
    extra = prompts.thinking(on=thinking) if context.endpoint.thinking else {}
    beyond = cast("dict[str, object]", options.pop("extra_body", {}))
    return {
        "model": context.model,
        "messages": [{"role": "user", "content": question}],
        "temperature": 0,
        "max_tokens": context.max_tokens,
        "extra_body": {**extra, **beyond},
        **options,
    }


def completed(context: Context, question: str, **options: Any) -> ChatCompletion:  # noqa: ANN401 - the SDK's own
    """Ask one question, and give the whole answer."""
    answer: ChatCompletion = context.client.chat.completions.create(
        **request(context, question, **options)
    )
    return answer


def answered(context: Context, question: str, **options: Any) -> Choice:  # noqa: ANN401 - as above
    """Ask one question, and give the first choice of the answer."""
    return first_choice(context, completed(context, question, **options))
