"""Reading answers with suspicion: the SDK fills its classes with whatever a server sends.

It does not validate. An HTML page arrives as a ``str`` where a class is annotated, a missing
field as None, a number where text was promised as a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionMessage
from openai.types.chat.chat_completion import Choice

from deployer.verify.check import Broken, Check
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from deployer.verify.context import Context

THINK_MARKS = ("<think>", "</think>")


def first_choice(context: Context, answer: object) -> Choice:
    """Give the first choice of a chat completion, its message being one; or :class:`Broken`."""
    choices = getattr(answer, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, Choice) or not isinstance(choice.message, ChatCompletionMessage):
        detail = (excerpt(context.endpoint, answer),)
        msg = "the answer is not a chat completion: it has no choice with a message"
        raise Broken(msg, hint="is this an OpenAI-compatible endpoint?", detail=detail)
    return choice


def text_of(value: object) -> str:
    """Give a text stripped of its outer white space; '' for anything that is not a text."""
    return value.strip() if isinstance(value, str) else ""


def reasoning_of(message: object) -> str:
    """Give ``reasoning_content`` of a message or a delta: not in the SDK's class, so an extra."""
    value = getattr(message, "reasoning_content", None)
    return value if isinstance(value, str) else ""


def check_content(context: Context, check: Check, content: object, finish: object) -> str:
    """Check that there is a finished answer with text in it, and give the text.

    Where thinking is promised, none of it may be in the text.
    """
    text = text_of(content)
    if not text and finish == "length":
        raise cut_off(context, "the answer has no text")
    check.that(bool(text), "content is text", otherwise="the answer's content is empty")
    otherwise = f"finish_reason is {excerpt(context.endpoint, finish)}, not stop or length"
    check.that(finish in {"stop", "length"}, f"finish_reason is {finish}", otherwise=otherwise)
    if context.endpoint.thinking:
        check.that(
            not any(mark in text for mark in THINK_MARKS),
            "no thinking in content",
            otherwise="the thinking is mixed into content: a think mark stands in it",
            hint="does the reasoning parser fit the model?",
            detail=(excerpt(context.endpoint, text),),
        )
    return text


def check_usage(check: Check, usage: object) -> None:
    """Check that the tokens were counted."""
    counted = isinstance(usage, CompletionUsage) and isinstance(usage.completion_tokens, int)
    count = usage.completion_tokens if counted and isinstance(usage, CompletionUsage) else 0
    check.that(count > 0, f"usage counts {count} tokens", otherwise="usage counts no tokens")


def cut_off(context: Context, what: str) -> Broken:
    """Say that the answer was cut at the bound before it came to the point."""
    cause = "thinking had no end" if context.endpoint.thinking else "there was no end"
    msg = f"{what}: {cause} within {context.max_tokens} tokens (finish_reason is length)"
    return Broken(msg, hint="allow more tokens; if that does not help, the reasoning parser or "
                  "the chat template does not fit the model")  # fmt: skip
