"""What is asked of a model whose weights are noise: that it answers, how, and how much."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.asking import completed
from deployer.verify.catalogue import PROBES
from deployer.verify.check import Broken, Check
from deployer.verify.context import open_context
from deployer.verify.run import MAX_TOKENS, TIMEOUT, verify
from deployer.verify.trouble import explain
from deployer.verify.wire import DONE, streamed

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.verify.context import Context
    from deployer.verify.endpoint import Endpoint
    from deployer.verify.verdict import Verdict

PROBE = "tokens"
TOKENS = 16
"""That each answer is to have: noise ends nowhere by itself."""

UNENDING = {"ignore_eos": True}


def of_form(endpoint: Endpoint, on_verdict: Callable[[Verdict], None]) -> tuple[Verdict, ...]:
    """Ask for what looks at no answer of the model: noise answers nothing rightly."""
    names = [probe.name for probe in PROBES if probe.form]
    return verify(endpoint, select=names, on_verdict=on_verdict)


def of_noise(endpoint: Endpoint, on_verdict: Callable[[Verdict], None]) -> tuple[Verdict, ...]:
    """Ask for that, and then for tokens, whatever they say."""
    found = of_form(endpoint, on_verdict)
    tokens = of_tokens(endpoint)
    on_verdict(tokens)
    return (*found, tokens)


def of_tokens(endpoint: Endpoint) -> Verdict:
    """Ask for so many tokens, at once and as a stream."""
    check = Check(PROBE, time.monotonic)
    with open_context(
        endpoint, model=endpoint.model or "", timeout=TIMEOUT, max_tokens=MAX_TOKENS
    ) as context:
        try:
            _ask(context, check)
        except Exception as error:  # noqa: BLE001 - whatever it is, the tokens did not come
            broken = explain(error, endpoint, TIMEOUT)
            hidden = Broken(endpoint.hide(broken.message), hint=endpoint.hide(broken.hint))
            return check.failed(hidden)
    return check.passed()


def _ask(context: Context, check: Check) -> None:
    answer = completed(context, prompts.HELLO, max_tokens=TOKENS, extra_body=UNENDING)
    _count(check, "an answer", getattr(answer.usage, "completion_tokens", None))
    stream = streamed(
        context,
        prompts.HELLO,
        max_tokens=TOKENS,
        extra_body=UNENDING,
        stream_options={"include_usage": True},
    )
    told = [chunk["usage"] for chunk in stream.chunks if isinstance(chunk.get("usage"), dict)]
    _count(check, "a stream", told[-1].get("completion_tokens") if told else None)
    check.that(
        stream.last == DONE, "which ends as it should", otherwise=f"the stream lacks its {DONE}"
    )


def _count(check: Check, what: str, found: object) -> None:
    check.that(
        found == TOKENS,
        f"{what} of {TOKENS} tokens",
        otherwise=f"{what} was to have {TOKENS} tokens and has {found}",
    )
