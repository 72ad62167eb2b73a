"""`tool_choice` decides whether a tool is called, and which one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.verify import prompts
from deployer.verify.answers import text_of
from deployer.verify.asking import answered
from deployer.verify.check import Broken, Unseen
from deployer.verify.excerpt import excerpt
from deployer.verify.tool_calls import BOTH, NOT_PROMISED, OTHER, PARSER

if TYPE_CHECKING:
    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Forbid a call where one is near, name one that is not, and require one where none is."""
    if not context.endpoint.tools:
        return check.skipped(NOT_PROMISED)
    _check_none(context, check)
    _check_auto(context, check)
    _check_named(context, check)
    _check_required(context, check)
    return check.passed()


def _check_none(context: Context, check: Check) -> None:
    choice = answered(context, prompts.WEATHER, tools=BOTH, tool_choice="none")
    check.that(
        not choice.message.tool_calls and bool(text_of(choice.message.content)),
        "none: text and no call",
        otherwise="tool_choice is none, and a tool was called"
        if choice.message.tool_calls
        else "tool_choice is none, and there is no text",
    )


def _check_auto(context: Context, check: Check) -> None:
    choice = answered(context, prompts.HELLO, tools=BOTH, tool_choice="auto")
    check.that(
        bool(choice.message.tool_calls) or bool(text_of(choice.message.content)),
        "auto: a greeting needs no call" if not choice.message.tool_calls else "auto: a call",
        otherwise="tool_choice is auto, and there is neither text nor a call",
    )


def _check_named(context: Context, check: Check) -> None:
    named = {"type": "function", "function": {"name": OTHER}}
    choice = answered(context, prompts.WEATHER, tools=BOTH, tool_choice=named)
    called = _called(choice.message.tool_calls)
    check.that(
        called == [OTHER],
        f"named: calls {OTHER}",
        otherwise=f"tool_choice names {OTHER}, and called was {_words(context, called)}",
        hint=PARSER,
    )


def _check_required(context: Context, check: Check) -> None:
    choice = answered(context, prompts.HELLO, tools=BOTH, tool_choice="required")
    called = _called(choice.message.tool_calls)
    if not called and choice.finish_reason == "length":
        msg = (
            f"the model came to no call within {context.max_tokens} tokens where one is required: "
            "it could not be seen whether required is kept to"
        )
        raise Unseen(msg, hint="a model that was never taught to call out of turn may not")
    if not called:
        msg = "tool_choice is required, and no tool was called"
        raise Broken(msg, hint=PARSER, detail=(excerpt(context.endpoint, choice.message),))
    check.that(bool(called), "required: calls where none is needed", otherwise="no call")


def _called(calls: object) -> list[object]:
    functions = (
        [getattr(call, "function", None) for call in calls] if isinstance(calls, list) else []
    )
    return [getattr(function, "name", None) for function in functions]


def _words(context: Context, called: list[object]) -> str:
    return excerpt(context.endpoint, ", ".join(map(str, called))) if called else "nothing"
