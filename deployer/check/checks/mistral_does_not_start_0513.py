"""Mistral-Medium-3.5 or Ministral-3 with SGLang 0.5.13.

Why it hurts: 0.5.13 and 0.5.13.post1 do not start them.

Instead of ``-`` write ``+``::

      model:
        repo: mistralai/Ministral-3-8B-Reasoning-2512
      engine:
    -   version: 0.5.13
    +   version: 0.5.14

Source: sgl-project/sglang#29835 (read: two reporters with these models; a maintainer says that pull
request 29111 mended it for 0.5.14; 0.5.19 was seen to work).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Every start with these models."""
    yield Problem(
        ("engine", "version"),
        f"SGLang {case.profile.engine.version} does not start this model",
        "take 0.5.14 or later, or 0.5.12",
    )


RULE = Rule(
    "mistral-does-not-start-0513",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/29835",
    engines=Engines("0.5.13", "0.5.14"),
    models=("Mistral-Medium-3.5*", "Ministral-3*"),
)
