"""A tool call comes as JSON that fits its schema, and its result is turned into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from openai.types.chat import ChatCompletionMessageFunctionToolCall

from deployer.verify import prompts
from deployer.verify.answers import check_content, cut_off, first_choice
from deployer.verify.check import Broken
from deployer.verify.excerpt import excerpt
from deployer.verify.tool_calls import NAME, NOT_PROMISED, PARSER, WEATHER, fault, raw_in

if TYPE_CHECKING:
    from openai.types.chat.chat_completion import Choice

    from deployer.verify.check import Check
    from deployer.verify.context import Context
    from deployer.verify.verdict import Verdict


def ask(context: Context, check: Check) -> Verdict:
    """Offer a tool, play its part, and ask for the answer."""
    if not context.endpoint.tools:
        return check.skipped(NOT_PROMISED)
    question = {"role": "user", "content": prompts.WEATHER}
    first = _ask(context, [question])
    call = _the_call(context, first)
    _check_call(context, check, call, first.finish_reason)
    check.that(
        not raw_in(first.message.content),
        "no call in the content",
        otherwise="the content repeats the call as the model writes it",
        hint=PARSER,
        detail=(excerpt(context.endpoint, first.message.content),),
    )
    result = {"role": "tool", "tool_call_id": call.id, "content": prompts.WEATHER_RESULT}
    # The SDK's own message goes back as it came, as users do it.
    last = _ask(context, [question, first.message, result])
    text = check_content(context, check, last.message.content, last.finish_reason)
    check.that(
        prompts.holds(text, prompts.RESULT_HOLDS),
        "the answer holds the tool's result",
        otherwise="the answer does not hold what the tool answered",
        hint="does the chat template show the model what a tool says?",
        detail=(excerpt(context.endpoint, text),),
    )
    return check.passed()


def _ask(context: Context, messages: list[object]) -> Choice:
    answer = context.client.chat.completions.create(
        model=context.model,
        messages=cast("Any", messages),
        tools=cast("Any", WEATHER),
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
    wrong = fault(call.function.arguments)
    check.that(
        not wrong,
        "the arguments fit the schema",
        otherwise=f"the tool call's arguments {wrong}",
        hint=PARSER,
        detail=(excerpt(context.endpoint, call.function.arguments),),
    )
    otherwise = f"finish_reason is {excerpt(context.endpoint, finish)}, not tool_calls"
    check.that(finish == "tool_calls", "finish_reason is tool_calls", otherwise=otherwise)
