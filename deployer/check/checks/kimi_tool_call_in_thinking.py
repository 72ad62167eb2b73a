"""Kimi calls a tool while it thinks, and the parser takes the call for thinking.

Why it hurts: Kimi-K2.5 may write a tool call without ending its thinking. Before 0.5.10 the call is
then part of the thinking, its marks and all, and the client sees no call: agents stop.

Instead of ``-`` write ``+``::

      model:
        repo: moonshotai/Kimi-K2.5
      engine:
    -   version: 0.5.9
    +   version: 0.5.10.post1
      serving:
        reasoning_parser: kimi_k2
        tool_call_parser: kimi_k2

Source: sgl-project/sglang#18086 and its pull request 19552 (read: merged; `kimi_k2` was Qwen3's
detector before); 0.5.10 ``parser/reasoning_parser.py`` is the first with ``KimiK2Detector``.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

KIMI = "kimi_k2"


def find(case: Case) -> Iterator[Problem]:
    """Look for both parsers of Kimi."""
    serving = case.profile.serving
    if serving.reasoning_parser == KIMI and serving.tool_call_parser == KIMI:
        yield Problem(
            ("serving", "reasoning_parser"),
            "a tool call that Kimi writes while it thinks is taken for thinking before 0.5.10",
            "take 0.5.10 or later",
        )


RULE = Rule(
    "kimi-tool-call-in-thinking",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/pull/19552",
    engines=Engines(before="0.5.10"),
    architectures=("KimiK25ForConditionalGeneration",),
)
