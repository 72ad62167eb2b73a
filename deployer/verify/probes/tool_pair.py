"""Two calls at once come as two, each with its own arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.verify import prompts
from deployer.verify.asking import answered
from deployer.verify.check import Broken, Unseen
from deployer.verify.excerpt import excerpt
from deployer.verify.tool_calls import NOT_PROMISED, PARSER, WEATHER, fault, part
from deployer.verify.wire import streamed

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

MANY = 2


def ask(context: Context, check: Check) -> Verdict:
    """Ask about two cities; a model may ask about one after the other, which shows nothing."""
    if not context.endpoint.tools:
        return check.skipped(NOT_PROMISED)
    choice = answered(context, prompts.TWO_WEATHERS, tools=WEATHER, tool_choice="auto")
    calls = choice.message.tool_calls if isinstance(choice.message.tool_calls, list) else []
    if not calls:
        msg = "there is no tool call in the answer to a question about two cities"
        raise Broken(msg, hint=PARSER, detail=(excerpt(context.endpoint, choice.message),))
    if len(calls) < MANY:
        msg = (
            f"the model made {len(calls)} call where two were asked for: it could not be seen "
            "whether two at once come as two"
        )
        raise Unseen(msg, hint="a small model may never make two")
    names = {str(getattr(call, "id", None)) for call in calls}
    check.that(
        len(names) == len(calls),
        f"{len(calls)} calls with ids of their own",
        otherwise="two calls at once have the same id",
    )
    arguments = [getattr(getattr(call, "function", None), "arguments", None) for call in calls]
    wrong = [said for said in map(fault, arguments) if said]
    check.that(
        not wrong,
        "arguments that fit the schema",
        otherwise=f"the arguments of one of two calls at once {', '.join(wrong[:1])}",
        hint=PARSER,
        detail=tuple(excerpt(context.endpoint, each) for each in arguments),
    )
    check.that(
        len({str(each) for each in arguments}) > 1,
        "and differ",
        otherwise="two calls at once have the same arguments, though two cities were asked about",
        detail=tuple(excerpt(context.endpoint, each) for each in arguments),
    )
    _check_streamed(context, check)
    return check.passed()


def _check_streamed(context: Context, check: Check) -> None:
    stream = streamed(context, prompts.TWO_WEATHERS, tools=WEATHER, tool_choice="auto")
    pieces = [piece for delta in stream.deltas for piece in delta.get("tool_calls") or ()]
    calls: dict[object, list[dict[str, Any]]] = {}
    for piece in pieces:
        calls.setdefault(piece.get("index"), []).append(piece)
    names = {piece["id"] for piece in pieces if piece.get("id")}
    if len(calls) == len(names) < MANY:
        msg = "streamed, the model made one call after it had made two: that says nothing of two"
        raise Unseen(msg)
    check.that(
        len(calls) == len(names),
        f"streamed, {len(calls)} calls with numbers of their own",
        otherwise=f"streamed, {len(names)} calls at once are numbered as {len(calls)}",
        hint=PARSER,
    )
    arguments = ["".join(part(each, "arguments") for each in call) for call in calls.values()]
    wrong = [said for said in map(fault, arguments) if said] or [
        "are the same" for _ in arguments[:1] if len(set(arguments)) == 1
    ]
    check.that(
        not wrong,
        "whose pieces join to their arguments",
        otherwise=f"streamed, the joined arguments of two calls at once {', '.join(wrong[:1])}",
        hint=PARSER,
        detail=tuple(excerpt(context.endpoint, each) for each in arguments),
    )
