"""A tool call comes as JSON that fits its schema, and its result is turned into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from openai.types.chat import ChatCompletionMessageFunctionToolCall

from deployer.codec import read_json
from deployer.compile.warmup import WEATHER_TOOL
from deployer.verify import prompts
from deployer.verify.answers import check_content, cut_off, first_choice
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt

if TYPE_CHECKING:
    from openai.types.chat.chat_completion import Choice

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict

NAME = "get_weather"
PARSER = "does the tool-call parser fit the model?"


def ask(context: Context, check: Check) -> Verdict:
    """Offer a tool, play its part, and ask for the answer."""
    if not context.endpoint.tools:
        return check.skipped("the profile sets no tool-call parser")
    question = {"role": "user", "content": prompts.WEATHER}
    first = _ask(context, [question])
    call = _the_call(context, first)
    _check_call(context, check, call, first.finish_reason)
    result = {"role": "tool", "tool_call_id": call.id, "content": prompts.WEATHER_RESULT}
    # The SDK's own message goes back as it came, as users do it.
    last = _ask(context, [question, first.message, result])
    check_content(context, check, last.message.content, last.finish_reason)
    return check.passed()


def _ask(context: Context, messages: list[object]) -> Choice:
    answer = context.client.chat.completions.create(
        model=context.model,
        messages=cast("Any", messages),
        tools=cast("Any", [WEATHER_TOOL]),
        tool_choice="auto",
        temperature=0,
        max_tokens=context.max_tokens,
    )
    return first_choice(context, answer)


def _the_call(context: Context, choice: Choice) -> ChatCompletionMessageFunctionToolCall:
    calls = choice.message.tool_calls
    call = calls[0] if isinstance(calls, list) and calls else None
    if isinstance(call, ChatCompletionMessageFunctionToolCall) and call.function is not None:
        return call
    if choice.finish_reason == "length":
        raise cut_off(context, "there is no tool call")
    detail = (excerpt(context.endpoint, choice.message),)
    msg = "there is no tool call in the answer"
    raise Broken(msg, hint=PARSER, detail=detail)


def _check_call(
    context: Context, check: Check, call: ChatCompletionMessageFunctionToolCall, finish: object
) -> None:
    name = excerpt(context.endpoint, call.function.name)
    check.that(name == NAME, f"calls {NAME}", otherwise=f"calls {name}, which was not offered")
    check.that(
        isinstance(call.id, str) and bool(call.id), "has an id", otherwise="the tool call has no id"
    )
    fault = _fault(call.function.arguments)
    check.that(
        not fault,
        "the arguments fit the schema",
        otherwise=f"the tool call's arguments {fault}",
        hint=PARSER,
        detail=(excerpt(context.endpoint, call.function.arguments),),
    )
    otherwise = f"finish_reason is {excerpt(context.endpoint, finish)}, not tool_calls"
    check.that(finish == "tool_calls", "finish_reason is tool_calls", otherwise=otherwise)


def _fault(arguments: object) -> str:
    """Say what is wrong with the arguments of ``get_weather``; '' for nothing."""
    try:
        value = read_json(arguments, constants=True) if isinstance(arguments, str) else None
    except ValueError:
        return "are not JSON"
    if not isinstance(value, dict):
        return "are not a JSON object"
    if "city" not in value:
        return "lack the required city"
    if not isinstance(value["city"], str) or not value["city"].strip():
        return "have a city that is no text"
    if value.get("unit", "celsius") not in prompts.WEATHER_UNITS:
        return "have a unit that the schema does not list"
    return ""
