"""The warm-up requests: one for each kind of request that users will send."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from deployer.compile.derive import warmup_kinds, warmup_long_tokens
from deployer.profile.model import Profile
from deployer.release import WarmupRequest

FILLER = "The quick brown fox jumps over the lazy dog near the quiet river bank. "
"""One sentence of filler for long prompts."""

FILLER_TOKENS = 15
"""Tokens of one filler sentence: about one a word and one for the full stop, in BPE vocabularies
of English. It decides only roughly how long a long prompt is."""

BATCH_TOKENS = 16
"""Tokens of each answer of a batch: some steps in which all of them run."""

UNKNOWN_BATCH, LARGEST_BATCH = 8, 256
"""Requests of a batch where neither its graphs nor its bound are known, and at most."""

WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get current weather for a city",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "City name"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
}
"""The tool that warm-up and verification offer, as users of the known recipe call it."""

Body = dict[str, Any]


def warmup_requests(profile: Profile) -> tuple[WarmupRequest, ...]:
    """Build the requests that are answered before the server is called ready, in their order."""
    return tuple(_REQUESTS[kind](profile) for kind in warmup_kinds(profile))


def _chat(profile: Profile) -> WarmupRequest:
    return _request("chat", _body(profile, "Say hello.", 128), _answer(profile))


def _no_thinking(profile: Profile) -> WarmupRequest:
    body = _body(profile, "Explain quicksort in one sentence.", 128)
    body["chat_template_kwargs"] = {"enable_thinking": False}
    return _request("no_thinking", body, ("content",))


def _long_context(profile: Profile) -> WarmupRequest:
    body = _body(profile, "{filler}\nSummarize the text above in one sentence.", 128)
    repeat = max(1, warmup_long_tokens(profile) // FILLER_TOKENS)
    return _request("long_context", body, _answer(profile), repeat)


def _tools(profile: Profile) -> WarmupRequest:
    body = _body(profile, "What's the weather in Tokyo?", 512)
    body["tools"] = [WEATHER_TOOL]
    body["tool_choice"] = "auto"
    expect = (*_answer(profile), "tool_calls") if profile.serving.tool_call_parser else ("content",)
    return _request("tools", body, expect)


def _batch(profile: Profile) -> WarmupRequest:
    body = _body(profile, "Say hello.", BATCH_TOKENS)
    text = json.dumps(body, sort_keys=True)
    requests = profile.schedule.max_running_requests
    return WarmupRequest("batch", text, _answer(profile), repeat=of_batch(None, requests))


def of_batch(graphs: Sequence[int] | None, requests: int | None) -> int:
    """Say how many requests are a batch: the largest one with a graph of those that may run."""
    most = max(graphs or (), default=0) or requests or UNKNOWN_BATCH
    return min(most, requests or most, LARGEST_BATCH)


def _body(profile: Profile, prompt: str, max_tokens: int) -> Body:
    return {
        "model": profile.model.served_name,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": max_tokens,
        "temperature": 0,
    }


def _answer(profile: Profile) -> tuple[str, ...]:
    """Name the fields that may hold an answer: a short budget can end within the thinking."""
    return ("content", "reasoning_content") if profile.serving.reasoning_parser else ("content",)


def _request(kind: str, body: Body, expect: tuple[str, ...], repeat: int = 0) -> WarmupRequest:
    text = json.dumps(body, sort_keys=True)
    return WarmupRequest(
        kind=kind, body=text, expect=expect, filler=FILLER if repeat else "", repeat=repeat
    )


_REQUESTS: dict[str, Callable[[Profile], WarmupRequest]] = {
    "chat": _chat,
    "no_thinking": _no_thinking,
    "long_context": _long_context,
    "tools": _tools,
    "batch": _batch,
}
