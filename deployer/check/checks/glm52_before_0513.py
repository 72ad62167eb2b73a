"""GLM-5.2 with a release that is older than what its makers ask for.

Why it hurts: its layers share the choice of tokens, which older releases do not know: they refuse
the configuration or compute something else.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.12
    +   version: 0.5.14
      model:
        repo: zai-org/GLM-5.2-FP8
      hardware:
        gpu: H200
        count: 8

Source: the README of zai-org/GLM-5 ("SGLang v0.5.13.post1+" for GLM-5.2), as the research for this
project read it. What exactly an older release does is an inference: upstream does not say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Say it of every such deployment."""
    yield Problem(
        ("engine", "version"),
        f"GLM-5.2 needs SGLang 0.5.13.post1, and this is {case.profile.engine.version}",
        "take 0.5.13.post1 or later",
    )


RULE = Rule(
    "glm52-before-0513",
    Severity.ERROR,
    find,
    link="https://github.com/zai-org/GLM-5",
    engines=Engines(before="0.5.13.post1"),
    models=("GLM-5.2*",),
    inferred=True,
)
