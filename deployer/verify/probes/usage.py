"""Tokens are counted as they come, and no more of them come than were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import first_choice
from deployer.verify.asking import completed
from deployer.verify.check import Unseen
from deployer.verify.excerpt import excerpt
from deployer.verify.wire import streamed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

TOKENS = 16
"""That an answer is to have which may not end by itself."""

NAMES = ("prompt_tokens", "completion_tokens", "total_tokens")


def ask(context: Context, check: Check) -> Verdict:
    """Ask for so many tokens, in one piece and as a stream, and hold the counts to that.

    Whether a prompt's tokens are rightly counted cannot be seen without its tokenizer; only that
    both ways count the same.
    """
    answer = completed(context, prompts.SUM, **_bounded())
    finish: object = first_choice(context, answer).finish_reason
    whole = {name: getattr(answer.usage, name, None) for name in NAMES}
    prompt, made, total = whole.values()
    if finish == "stop" and isinstance(made, int) and made < TOKENS:
        msg = f"the answer ended by itself after {made} tokens, although it was not to (ignore_eos)"
        raise Unseen(msg, hint="an engine other than SGLang may not know ignore_eos")
    check.that(
        made == TOKENS,
        f"{TOKENS} tokens are counted as {TOKENS}",
        otherwise=f"{TOKENS} tokens were asked for, and usage counts {made}",
    )
    otherwise = f"finish_reason is {excerpt(context.endpoint, finish)} at the bound, not length"
    check.that(finish == "length", "the bound ends the answer", otherwise=otherwise)
    check.that(
        isinstance(prompt, int) and prompt > 0 and total == prompt + TOKENS,
        "the parts make the total",
        otherwise=f"usage counts {prompt} tokens of the prompt, {made} of the answer, and {total}",
    )
    stream = streamed(context, prompts.SUM, **_bounded(), stream_options={"include_usage": True})
    told = [chunk["usage"] for chunk in stream.chunks if isinstance(chunk.get("usage"), dict)]
    if not told:
        msg = "a stream tells no usage, so that its count could not be seen"
        raise Unseen(msg, hint="see stream-shape")
    pieces = {name: told[-1].get(name) for name in NAMES}
    check.that(
        pieces == whole,
        "a stream counts the same",
        otherwise=f"a stream counts {_words(pieces)} where one piece counts {_words(whole)}",
    )
    return check.passed()


def _bounded() -> dict[str, object]:
    return {"max_tokens": TOKENS, "extra_body": {"ignore_eos": True}}


def _words(counts: dict[str, object]) -> str:
    return " + ".join(str(counts[name]) for name in NAMES[:2]) + f" = {counts[NAMES[2]]} tokens"
