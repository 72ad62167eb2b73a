"""A streamed answer comes in pieces, and comes to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import check_content, check_usage, reasoning_of
from deployer.verify.check import Broken

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

SHORT = 16
"""The most tokens of the second stream, of which only the end matters."""


def ask(context: Context, check: Check) -> Verdict:
    """Stream an answer through the SDK; then a short one, to see the terminator on the wire.

    The SDK swallows ``[DONE]``, and does not notice when it is missing.
    """
    heard = _listen(context)
    _check_pieces(check, heard)
    check_content(context, check, "".join(heard.content), heard.finish)
    if context.endpoint.thinking:
        check.that(
            heard.thought_first,
            "the reasoning comes first",
            otherwise="no reasoning_content came before the content",
            hint="does the reasoning parser fit the model?",
        )
    check.that(
        heard.usage_alone,
        "a usage chunk at the end",
        otherwise="no usage chunk came at the end, although asked for",
    )
    check_usage(check, heard.usage)
    _check_done(context, check)
    return check.passed()


@dataclass(slots=True)
class _Heard:
    """What was heard of a stream; ``first_piece`` is in seconds from the request."""

    first_role: object = None
    first_piece: float = 0.0
    content: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    finish: object = None
    usage: object = None
    usage_alone: bool = False
    thought_first: bool = False


def _check_pieces(check: Check, heard: _Heard) -> None:
    check.that(
        heard.first_role == "assistant",
        "the first chunk has the role",
        otherwise="the first chunk does not say that the role is assistant",
    )
    pieces = sum(not piece.isspace() for piece in (*heard.content, *heard.reasoning))
    check.that(
        pieces > 1,
        f"{pieces} pieces, the first after {heard.first_piece:.2f} s",
        otherwise=f"the text came in {pieces} piece(s): nothing was streamed",
        hint="does something in between hold the answer back?",
    )
    check.that(
        heard.finish is not None,
        "it ends",
        otherwise="the stream broke off without a finish_reason",
    )


def _listen(context: Context) -> _Heard:
    heard = _Heard()
    start = context.clock()
    stream = context.client.chat.completions.create(
        model=context.model,
        messages=[{"role": "user", "content": prompts.QUICKSORT}],
        temperature=0,
        max_tokens=context.max_tokens,
        stream=True,
        stream_options={"include_usage": True},
        extra_body=prompts.thinking(on=True) if context.endpoint.thinking else None,
    )
    with stream:
        for number, chunk in enumerate(stream):
            if number > 2 * context.max_tokens + SHORT:
                msg = f"the stream goes on beyond {context.max_tokens} tokens"
                raise Broken(msg, hint="the engine ignores max_tokens")
            _take(heard, chunk, first=number == 0)
            if not heard.first_piece and (heard.content or heard.reasoning):
                heard.first_piece = context.clock() - start
    return heard


def _take(heard: _Heard, chunk: ChatCompletionChunk, *, first: bool) -> None:
    if getattr(chunk, "usage", None) is not None:
        heard.usage, heard.usage_alone = chunk.usage, not chunk.choices
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, list) or not choices:
        return
    delta = choices[0].delta
    if first:
        heard.first_role = getattr(delta, "role", None)
    if isinstance(text := getattr(delta, "content", None), str) and text:
        heard.content.append(text)
    if reasoning := reasoning_of(delta):
        heard.reasoning.append(reasoning)
    heard.thought_first |= bool(heard.reasoning) and not heard.content
    heard.finish = choices[0].finish_reason or heard.finish


def _check_done(context: Context, check: Check) -> None:
    create = context.client.chat.completions.with_streaming_response.create
    with create(
        model=context.model,
        messages=[{"role": "user", "content": prompts.HELLO}],
        temperature=0,
        max_tokens=SHORT,
        stream=True,
    ) as response:
        kind = response.headers.get("content-type", "")
        lines = [line for line in response.iter_lines() if line.startswith("data:")]
    check.that(
        kind.startswith("text/event-stream"),
        "it is an event stream",
        otherwise="the stream is not labelled text/event-stream",
    )
    check.that(
        bool(lines) and lines[-1].removeprefix("data:").strip() == "[DONE]",
        "[DONE] closes it",
        otherwise="the stream ends without [DONE]",
        hint="was it cut off by something in between?",
    )
