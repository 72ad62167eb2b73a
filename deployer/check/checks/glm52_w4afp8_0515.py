"""GLM-5.2's W4AFP8 checkpoint with SGLang 0.5.15.

Why it hurts: the server ends with `index out of bounds` in a CUDA kernel.

Instead of ``-`` write ``+``::

      model:
    -   repo: novita/GLM-5.2-W4AFP8
    +   repo: zai-org/GLM-5.2-FP8
      engine:
        version: 0.5.15

Source: sgl-project/sglang#31045 (read: July 2026, 0.5.15, closed as inactive). That later releases
are right is an inference: upstream does not say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Every start with this checkpoint."""
    yield Problem(
        ("engine", "version"),
        "GLM-5.2's W4AFP8 checkpoint ended with `index out of bounds` in SGLang "
        f"{case.profile.engine.version}",
        "take the FP8 checkpoint, or 0.5.16 or later",
    )


RULE = Rule(
    "glm52-w4afp8-0515",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/31045",
    engines=Engines("0.5.15", "0.5.16"),
    models=("GLM-5.2*W4AFP8*",),
    inferred=True,
)
