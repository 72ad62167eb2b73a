"""The tools that probes offer, and what is wrong with a call of one."""

from __future__ import annotations

from typing import Any

from deployer.codec import read_json
from deployer.compile.warmup import WEATHER_TOOL
from deployer.verify import prompts

NAME = "get_weather"
OTHER = "get_time"
PARSER = "does the tool-call parser fit the model?"
NOT_PROMISED = "the profile sets no tool-call parser"

RAW_MARKS = ("<tool_call>", "<arg_key>", "<|tool_call", "[TOOL_CALLS]", "<function=")
"""How models write calls themselves (GLM, Qwen, Kimi, Mistral, Llama): a parser takes it away."""

TIME_TOOL = {
    "type": "function",
    "function": {
        "name": OTHER,
        "description": "Get the local time in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}

WEATHER: list[Any] = [WEATHER_TOOL]
BOTH: list[Any] = [WEATHER_TOOL, TIME_TOOL]


def fault(arguments: object) -> str:
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


def part(piece: dict[str, Any], name: str) -> str:
    """Give what a piece of a streamed call adds to its name or its arguments."""
    function = piece.get("function")
    value = function.get(name) if isinstance(function, dict) else None
    return value if isinstance(value, str) else ""


def raw_in(content: object) -> bool:
    """Whether a call stands in a text as the model itself writes it."""
    return isinstance(content, str) and any(mark in content for mark in RAW_MARKS)
