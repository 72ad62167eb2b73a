"""The reasoning parser `glm45` in a release where it is Qwen3's.

Why it hurts: up to 0.5.9 the name stands for the parser of another family, so what GLM does
otherwise (thinking that is cut short, or followed by a tool call at once) ends in the wrong field.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.9
    +   version: 0.5.10.post1
      model:
        repo: zai-org/GLM-4.7-FP8
      hardware:
        gpu: H200
        count: 8
      serving:
        reasoning_parser: glm45

Source: measured in the wheels: ``parser/reasoning_parser.py`` maps `glm45` to Qwen3Detector in
0.5.9 and to Glm45Detector in 0.5.10. What differs in answers is an inference: upstream does not say
so.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "glm45-parser-before-0510",
    Severity.NOTE,
    at(
        lambda case: one_of(case.said.option("--reasoning-parser"), "glm45"),
        "`glm45` is Qwen3's parser before SGLang 0.5.10",
        "take 0.5.10 or later, and verify `reasoning_content` after a deployment",
    ),
    link="https://github.com/sgl-project/sglang/blob/v0.5.9/python/sglang/srt/parser/reasoning_parser.py",
    engines=Engines(before="0.5.10"),
    inferred=True,
)
