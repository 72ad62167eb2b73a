"""A streamed tool call comes in pieces that join to the whole call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt
from deployer.verify.tool_calls import NAME, NOT_PROMISED, PARSER, WEATHER, fault, part, raw_in
from deployer.verify.wire import streamed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Stream a call: id and name once, at its beginning, and arguments that join to JSON."""
    if not context.endpoint.tools:
        return check.skipped(NOT_PROMISED)
    stream = streamed(context, prompts.WEATHER, tools=WEATHER, tool_choice="auto")
    pieces = [piece for delta in stream.deltas for piece in delta.get("tool_calls") or ()]
    if not pieces:
        msg = "there is no tool call in the stream"
        raise Broken(msg, hint=PARSER, detail=(excerpt(context.endpoint, stream.text()),))
    check.that(
        all(isinstance(piece, dict) and piece.get("index") == 0 for piece in pieces),
        f"{len(pieces)} pieces of one call",
        otherwise="the pieces of the call are not numbered as those of one call",
    )
    check.that(bool(pieces[0].get("id")), "has an id", otherwise="the streamed call has no id")
    name = "".join(part(piece, "name") for piece in pieces)
    otherwise = f"the pieces call {excerpt(context.endpoint, name)}, not {NAME}"
    check.that(name == NAME, f"calls {NAME}", otherwise=otherwise)
    arguments = "".join(part(piece, "arguments") for piece in pieces)
    wrong = fault(arguments)
    check.that(
        not wrong,
        "the arguments join to JSON that fits the schema",
        otherwise=f"the joined arguments of the streamed call {wrong}",
        hint=PARSER,
        detail=(excerpt(context.endpoint, arguments),),
    )
    check.that(
        not raw_in(stream.text()),
        "no call in the content",
        otherwise="the streamed content repeats the call as the model writes it",
        hint=PARSER,
    )
    finish = stream.finishes[-1] if stream.finishes else "tool_calls"
    otherwise = f"finish_reason is {excerpt(context.endpoint, finish)}, not tool_calls"
    check.that(finish == "tool_calls", "finish_reason is tool_calls", otherwise=otherwise)
    return check.passed()
