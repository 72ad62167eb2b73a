"""What the fake engine answers: right answers, which a test may then spoil."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MODEL = "glm-tiny"
REASONING = "The user wants me to answer the question."
PLANETS = '{"planets": [{"name": "Earth", "diameter_km": 12742}]}'
USAGE = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}

Answer = dict[str, Any]


def chat(body: Answer) -> tuple[str, Answer]:
    thinks = body.get("chat_template_kwargs", {}).get("enable_thinking", True)
    situation, calls = "chat", None
    content: str | None = "Hello! How can I help you today?"
    if body["messages"][-1]["role"] == "tool":
        situation, content = "tool-result", "It is 22 degrees and sunny in Tokyo."
    elif "tools" in body:
        situation, content, calls = "tools", None, [weather_call()]
    elif "response_format" in body:
        situation, content = "json", PLANETS
    elif "chat_template_kwargs" in body:
        situation = "thinking" if thinks else "no-thinking"
    message = {
        "role": "assistant",
        "content": content,
        "reasoning_content": REASONING if thinks else None,
        "tool_calls": calls,
    }
    finish = "tool_calls" if calls else "stop"
    choice = {"index": 0, "message": message, "finish_reason": finish}
    answer = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [choice],
        "usage": dict(USAGE),
    }
    return situation, answer


def completion() -> Answer:
    choice = {"index": 0, "text": " Paris.", "finish_reason": "length"}
    head = {"id": "1", "object": "text_completion", "created": 1, "model": MODEL}
    return {**head, "choices": [choice], "usage": dict(USAGE)}


def chunks(answer: Answer, *, lacks: Collection[str], usage: bool, forever: bool) -> Iterator[str]:
    choice = answer["choices"][0]
    message = choice["message"]
    if "role" not in lacks:
        yield _chunk({"role": "assistant", "content": ""})
    for name in ("reasoning_content", "content"):
        for word in (message[name] or "").split():
            yield _chunk({name: f"{word} "})
    while forever:
        yield _chunk({"content": "more "})
    if "finish" not in lacks:
        yield _chunk({}, finish=choice["finish_reason"])
    if "usage" not in lacks and usage:
        yield json.dumps({"object": "chat.completion.chunk", "choices": [], "usage": USAGE})
    if "done" not in lacks:
        yield "[DONE]"


def _chunk(delta: Answer, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return json.dumps({"id": "1", "object": "chat.completion.chunk", "choices": [choice]})


def metrics(finished: int) -> str:
    name = "sglang:num_requests_total"
    return (
        f"# HELP {name} Number of requests processed.\n# TYPE {name} counter\n"
        f'{name}{{model_name="a \\"b\\" }}",is_streaming="false"}} {finished}.0\n'
        f'{name}{{is_streaming="true"}} 3.0\n'
        "sglang:gen_throughput 0.0\nsglang:cache_hit_rate NaN\npython_info 1.0 1700000000\n"
    )


def weather_call() -> Answer:
    function = {"name": "get_weather", "arguments": '{"city": "Tokyo"}'}
    return {"id": "call_1", "type": "function", "function": function}
