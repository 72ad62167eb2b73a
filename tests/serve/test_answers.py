"""What counts as an answer to a warm-up request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deployer.serve.warmup import find_problem

CONTENT = ("content", "reasoning_content")


def body(**message: Any) -> str:
    return json.dumps({"choices": [{"message": message}]})


def call(arguments: Any, name: Any = "get_weather") -> list[Any]:
    return [{"type": "function", "function": {"name": name, "arguments": arguments}}]


@pytest.mark.parametrize(
    ("text", "expect", "problem"),
    [
        (body(content="Hello"), CONTENT, ""),
        (body(content=None, reasoning_content="Hm."), CONTENT, ""),
        (body(content=""), (), ""),
        (body(content="\n"), CONTENT, "nothing in content or reasoning_content"),
        (body(tool_calls=call("{}")), ("tool_calls",), ""),
        (body(content="Hello"), ("tool_calls",), "nothing in tool_calls"),
        (body(tool_calls=[]), ("tool_calls",), "nothing in tool_calls"),
        (body(tool_calls=call("{")), ("tool_calls",), "a tool call whose arguments are not JSON"),
        (body(tool_calls=call("{}", "")), ("tool_calls",), "a tool call without a name"),
        (
            body(tool_calls=[{}]),
            ("tool_calls",),
            "a tool call without function, name and arguments",
        ),
        (body(tool_calls=7), ("tool_calls",), "a tool call without function, name and arguments"),
        ("[]", CONTENT, "no choices[0].message"),
        ('{"choices": []}', CONTENT, "no choices[0].message"),
        ('{"choices": [{"message": null}]}', CONTENT, "no choices[0].message"),
        ("<html>", CONTENT, "not JSON"),
    ],
)
def test_answers(text: str, expect: tuple[str, ...], problem: str) -> None:
    assert find_problem(200, text, expect) == problem


def test_only_200_will_do() -> None:
    assert find_problem(204, body(content="Hello"), CONTENT) == "status 204"
