"""What the fake engine answers: right answers, which a test may then spoil."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deployer.verify import prompts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MODEL = "glm-tiny"
CONTEXT = 2000
REASONING = "The user wants me to answer the question."
PLANETS = '{"planets": [{"name": "Earth", "diameter_km": 12742}]}'
USAGE = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
HELLO = "Hello! How can I help you today?"
SAID = {
    prompts.SUM: "2 + 2 = 4.",
    prompts.CAPITAL_ASKED: "The capital of France is Paris.",
    prompts.STORY: "Once upon a time there was a fox . " * 8,
}

Answer = dict[str, Any]


def chat(body: Answer) -> tuple[str, Answer]:
    """Give the situation of a request, and the right answer to it."""
    thinks = body.get("chat_template_kwargs", {}).get("enable_thinking", True)
    question = body["messages"][-1]["content"]
    situation, content, calls = _said(body, question)
    finish = "tool_calls" if calls else "stop"
    if content is not None:
        content, finish = _stopped(content, body.get("stop") or [])
    if situation == "chat" and "chat_template_kwargs" in body:
        situation = "thinking" if thinks else "no-thinking"
    message = {
        "role": "assistant",
        "content": content,
        "reasoning_content": REASONING if thinks else None,
        "tool_calls": calls,
    }
    choice = {"index": 0, "message": message, "finish_reason": finish}
    if body.get("logprobs"):
        choice["logprobs"] = {"content": [_logprob(word) for word in (content or "").split(" ")]}
    usage = dict(USAGE)
    if isinstance(question, str) and len(question) > len(prompts.FILLER):
        usage["prompt_tokens"] = len(question.split())
    if body.get("ignore_eos") and not calls:
        usage["completion_tokens"], choice["finish_reason"] = body["max_tokens"], "length"
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    choices = [choice | {"index": number} for number in range(body.get("n") or 1)]
    head = {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"]}
    return situation, {**head, "choices": choices, "usage": usage}


def _said(body: Answer, question: str) -> tuple[str, str | None, list[Answer] | None]:
    if body["messages"][-1]["role"] == "tool":
        return "tool-result", "It is 22 degrees and sunny in Tokyo.", None
    if "tools" in body:
        return _called(body, question)
    form = body.get("response_format", {})
    if form.get("type") == "json_object":
        return "json", PLANETS, None
    if form:
        fields = form["json_schema"]["schema"]["properties"]
        value = {name: field["enum"][0] for name, field in fields.items()}
        return "schema", json.dumps(value, ensure_ascii=False), None
    if prompts.NEEDLES_ASKED in question:
        found = [f"the {box} {number}" for box, number in prompts.NEEDLES if number in question]
        return "needles", f"It is {' and '.join(found)}.", None
    return "chat", SAID.get(question, HELLO), None


def _called(body: Answer, question: str) -> tuple[str, str | None, list[Answer] | None]:
    match body.get("tool_choice", "auto"):
        case "none":
            return "no-tools", "I cannot look that up.", None
        case "required":
            return "required", None, [weather_call()]
        case "auto" if question == prompts.HELLO:
            return "no-tools", HELLO, None
        case "auto" if question == prompts.TWO_WEATHERS:
            return "two-tools", None, [weather_call(), weather_call("Paris", 1)]
        case "auto":
            return "tools", None, [weather_call()]
        case named:
            call = weather_call()
            call["function"]["name"] = named["function"]["name"]
            return "named", None, [call]


def _stopped(content: str, words: list[str]) -> tuple[str, str]:
    for word in words:
        content = content.partition(word)[0]
    return content, "stop"


def _logprob(word: str) -> Answer:
    best = {"token": f"{word} ", "bytes": None, "logprob": -0.5}
    return {**best, "top_logprobs": [best, {**best, "token": "x", "logprob": -2.0}]}


def fault_of(body: Answer) -> str:
    """Say what is wrong with a request, as the engine does; '' for nothing."""
    if "messages" not in body or not isinstance(body["messages"], list):
        return "messages: a list is required"
    if not isinstance(body.get("temperature", 0), int | float):
        return "temperature: a number is required"
    if body.get("max_tokens", 1) < 0:
        return "max_new_tokens must be at least 0"
    words = sum(len(str(each.get("content")).split()) for each in body["messages"])
    return f"The input ({words} tokens) is longer than {CONTEXT}" if words > CONTEXT else ""


def completion() -> Answer:
    choice = {"index": 0, "text": " Paris.", "finish_reason": "length"}
    head = {"id": "1", "object": "text_completion", "created": 1, "model": MODEL}
    return {**head, "choices": [choice], "usage": dict(USAGE)}


def chunks(answer: Answer, *, faults: Collection[str], usage: bool, forever: bool) -> Iterator[str]:
    """Give the data of a stream's events. ``faults`` names what is wrong: see ``Behaviour``."""
    choice = answer["choices"][0]
    message = choice["message"]
    if "role" not in faults:
        yield _chunk({"role": "assistant", "content": ""})
    for name in ("reasoning_content", "content"):
        words = (message[name] or "").split(" ") if message[name] else []
        for number, word in enumerate(words):
            if "half" in faults and number % 2:
                continue
            piece = word if number == len(words) - 1 else f"{word} "
            again = {"role": "assistant"} if "roles" in faults else {}
            yield _chunk({name: piece, **again}, faults=faults, number=number)
    yield from _calls(message["tool_calls"] or (), faults)
    while forever:
        yield _chunk({"content": "more "})
    if "finish" not in faults:
        yield _chunk({}, finish=choice["finish_reason"])
    if "finishes" in faults:
        yield _chunk({}, finish=choice["finish_reason"])
    if ("usage" not in faults and usage) or "usage-always" in faults:
        yield json.dumps(_head() | {"choices": [], "usage": answer["usage"]})
    if "done" not in faults:
        yield "[DONE]"


def _calls(calls: Collection[Answer], faults: Collection[str]) -> Iterator[str]:
    for number, call in enumerate(calls):
        function = call["function"]
        begun = {
            "index": 0 if "call-merge" in faults else number,
            "id": call["id"],
            "type": "function",
        }
        yield _chunk({"tool_calls": [begun | {"function": {"name": function["name"]}}]})
        text = function["arguments"] or ""
        pieces = [text[:4], text[4:9], text[9:]]
        alone = len(calls) == 1
        for piece in pieces[1:] if "arguments" in faults and alone else pieces:
            index = number + 1 if "call-index" in faults and alone else number
            index = 0 if "call-merge" in faults else index
            yield _chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})


def _head(number: int = 0, faults: Collection[str] = ()) -> Answer:
    name = str(number) if "ids" in faults else "1"
    kind = "chat.completion" if "object" in faults else "chat.completion.chunk"
    model = "another" if "model" in faults else MODEL
    return {"id": name, "object": kind, "model": model}


def _chunk(
    delta: Answer, finish: str | None = None, faults: Collection[str] = (), number: int = 1
) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return json.dumps(_head(number, faults) | {"choices": [choice]}, ensure_ascii=False)


def metrics(counts: dict[str, int]) -> str:
    name = "sglang:num_requests_total"
    return (
        f"# HELP {name} Number of requests processed.\n# TYPE {name} counter\n"
        f'{name}{{model_name="a \\"b\\" }}",is_streaming="false"}} {counts["finished"]}.0\n'
        f'{name}{{is_streaming="true"}} 3.0\n'
        f"sglang:cached_tokens_total {counts['cached']}\n"
        f"sglang:num_aborted_requests_total {counts['aborted']}\n"
        f'sglang:realtime_tokens_total{{mode="decode"}} {counts["computed"]}\n'
        f"sglang:prompt_tokens_total {9 * counts['finished']}\n"
        f"sglang:generation_tokens_total {counts['finished']}\n"
        "sglang:time_to_first_token_seconds_count 5\nsglang:num_running_reqs 0\n"
        "sglang:num_queue_reqs 0\nsglang:token_usage 0.1\n"
        "sglang:gen_throughput 0.0\nsglang:cache_hit_rate NaN\npython_info 1.0 1700000000\n"
    )


def weather_call(city: str = "Tokyo", number: int = 0) -> Answer:
    function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
    return {"id": f"call_{number + 1}", "type": "function", "function": function}
