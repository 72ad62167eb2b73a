"""A stream is made of the chunks that clients know, and says when it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.excerpt import excerpt
from deployer.verify.wire import DONE, Stream, streamed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

SHORT = 32
"""The most tokens of an answer of which only the form matters."""

FINISHES = {"stop", "length"}


def ask(context: Context, check: Check) -> Verdict:
    """Look at a stream on the wire, with the count of tokens asked for and without."""
    asked = {"max_tokens": SHORT}
    stream = streamed(context, prompts.HELLO, stream_options={"include_usage": True}, **asked)
    _check_chunks(context, check, stream)
    _check_end(context, check, stream)
    counted = [chunk for chunk in stream.chunks if chunk.get("usage")]
    last = stream.chunks[-1]
    check.that(
        counted == [last] and last.get("choices") == [],
        "one usage chunk at the end",
        otherwise="no usage chunk came at the end, although asked for"
        if not counted
        else "usage is not told once, in a last chunk of its own",
    )
    count = last["usage"].get("completion_tokens") if isinstance(last["usage"], dict) else None
    check.that(
        isinstance(count, int) and count > 0,
        f"usage counts {count} tokens",
        otherwise="usage counts no tokens",
    )
    plain = streamed(context, prompts.HELLO, **asked)
    check.that(
        not any(chunk.get("usage") for chunk in plain.chunks),
        "no usage where none is asked for",
        otherwise="usage is told although it was not asked for",
    )
    return check.passed()


def _check_chunks(context: Context, check: Check, stream: Stream) -> None:
    check.that(
        stream.kind.startswith("text/event-stream"),
        "it is an event stream",
        otherwise="the stream is not labelled text/event-stream",
    )
    kinds = {chunk.get("object") for chunk in stream.chunks}
    check.that(
        kinds == {"chat.completion.chunk"},
        f"{len(stream.chunks)} chunks",
        otherwise=f"chunks are called {excerpt(context.endpoint, sorted(map(str, kinds)))}, "
        "not chat.completion.chunk",
    )
    names = {chunk.get("id") for chunk in stream.chunks}
    check.that(
        len(names) == 1 and None not in names,
        "one id",
        otherwise=f"the chunks of one stream have {len(names)} ids",
    )
    models = {str(chunk.get("model")) for chunk in stream.chunks}
    check.that(
        models == {context.model},
        "one model",
        otherwise=f"chunks are of model {excerpt(context.endpoint, ', '.join(sorted(models)))}",
    )
    roles = [delta["role"] for delta in stream.deltas if delta.get("role")]
    first = stream.deltas[0].get("role") if stream.deltas else None
    check.that(
        first == "assistant",
        "the first chunk has the role",
        otherwise="the first chunk does not say that the role is assistant",
    )
    check.that(
        len(roles) == 1, "one role", otherwise=f"the role is told {len(roles)} times, not once"
    )


def _check_end(context: Context, check: Check, stream: Stream) -> None:
    check.that(
        bool(stream.finishes), "it ends", otherwise="the stream broke off without a finish_reason"
    )
    told = excerpt(context.endpoint, ", ".join(map(str, stream.finishes)))
    last = stream.choices[-1].get("finish_reason")
    check.that(
        len(stream.finishes) == 1 and last in FINISHES,
        f"finish_reason is {told}, once and at the end",
        otherwise=f"finish_reason is told as {told}, not once, at the end, as stop or length",
    )
    check.that(
        stream.last == DONE,
        "[DONE] closes it",
        otherwise="the stream ends without [DONE]",
        hint="was it cut off by something in between?",
    )
