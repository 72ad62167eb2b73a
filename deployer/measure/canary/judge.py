"""Whether an answer is right; and where it is not, why, in a few words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from deployer.codec import DecodeError, read_json
from deployer.late import compile_pattern
from deployer.measure.canary.question import Answer, Question

RunCode = Callable[[str, str, list[dict[str, Any]]], str]
"""Runs a function of somebody's code on cases; gives what is wrong, '' for nothing."""

SHOWN = 60
"""Characters of a wrong answer that are told."""

_NUMBER = compile_pattern(r"-?\d[\d,]*")
_FENCED = compile_pattern(r"```[a-zA-Z]*\n(.*?)```", re.DOTALL)


def judge(question: Question, answer: Answer, run: RunCode) -> str:
    """Say what is wrong with an answer; '' where it is right."""
    return _BY_KIND[question.kind](question, answer, run)


def _arithmetic(question: Question, answer: Answer, _run: RunCode) -> str:
    numbers = _NUMBER.findall(answer.text)
    said = numbers[-1].replace(",", "") if numbers else ""
    return "" if said == question.expected else _instead(question, answer)


def _exact(question: Question, answer: Answer, _run: RunCode) -> str:
    return "" if answer.text.strip() == question.expected else _instead(question, answer)


def _json(question: Question, answer: Answer, _run: RunCode) -> str:
    fenced = _FENCED.search(answer.text)
    try:
        value = read_json((fenced[1] if fenced else answer.text).strip())
    except DecodeError:
        return f"no JSON: {_cut(answer.text)}"
    return "" if value == json.loads(question.expected) else _instead(question, answer)


def _tool(question: Question, answer: Answer, _run: RunCode) -> str:
    if not answer.calls:
        return f"no call: {_cut(answer.text)}"
    call, wanted = answer.calls[0], json.loads(question.expected)
    try:
        arguments = read_json(call.arguments)
    except DecodeError:
        return f"its arguments are no JSON: {_cut(call.arguments)}"
    right = call.name == wanted["name"] and arguments == wanted["arguments"]
    return "" if right else f"{_cut(call.name)}({_cut(call.arguments)}), not {question.expected}"


def _code(question: Question, answer: Answer, run: RunCode) -> str:
    fenced = _FENCED.search(answer.text)
    wanted = json.loads(question.expected)
    return run(fenced[1] if fenced else answer.text, wanted["function"], wanted["cases"])


def _instead(question: Question, answer: Answer) -> str:
    return f"{_cut(answer.text) or 'nothing'}, not {_cut(question.expected)}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."


_BY_KIND: dict[str, Callable[[Question, Answer, RunCode], str]] = {
    "arithmetic": _arithmetic,
    "exact": _exact,
    "json": _json,
    "tool": _tool,
    "code": _code,
}
