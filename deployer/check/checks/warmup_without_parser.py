"""A warm-up request asks for tools, and nothing parses tool calls.

Why it hurts: the model writes its tool markup into the answer as text: the warm-up passes on it,
and every client that sends tools gets markup instead of `tool_calls`.

Instead of ``-`` write ``+``::

    + serving:
    +   tool_call_parser: glm47
      lifecycle:
        warmup: [chat, tools]

Source: SGLang ``srt/function_call/function_call_parser.py``: without a parser markup stays text.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/function_call/function_call_parser.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for a tools warm-up without a tool-call parser."""
    if (
        "tools" in (case.profile.lifecycle.warmup or ())
        and case.profile.serving.tool_call_parser is None
    ):
        yield Problem(
            ("lifecycle", "warmup"),
            "the warm-up asks for a tool call, and `serving.tool_call_parser` is not set",
            "set the parser of the model's family (GLM-4.7 to GLM-5.1: `glm47`), "
            "or take `tools` out of the list",
        )


RULE = Rule("warmup-without-parser", Severity.WARNING, find)
