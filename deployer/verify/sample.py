"""One short answer, to show that somebody is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import answered
from deployer.verify.context import Context, open_context
from deployer.verify.probes import models
from deployer.verify.run import MAX_TOKENS, TIMEOUT
from deployer.verify.trouble import explain

if TYPE_CHECKING:
    from deployer.verify.endpoint import Endpoint


def sample_answer(endpoint: Endpoint, *, timeout: float = TIMEOUT) -> str:
    """Ask one question, without thinking, and give the answer's text, free of the key.

    ``timeout`` is the longest silence in seconds. Raises :class:`~deployer.errors.Failure` if
    there is no answer, or none with text.
    """
    endpoint.guard()
    model = endpoint.model or ""
    with open_context(endpoint, model=model, timeout=timeout, max_tokens=MAX_TOKENS) as context:
        try:
            answer = _answer(context)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            broken = explain(error, endpoint, timeout)
            message, hint = endpoint.hide(broken.message), endpoint.hide(broken.hint)
        else:
            if answer:
                return endpoint.hide(answer)
            message, hint = "the sample answer is empty", "`deployer verify` looks closer"
    # Raised out here, so that no exception with the SDK's request is chained to it.
    raise Failure(message, hint=hint)


def _answer(context: Context) -> str:
    model = context.model or models.listed(context)[0]
    return text_of(answered(context, prompts.QUICKSORT, model=model).message.content)
