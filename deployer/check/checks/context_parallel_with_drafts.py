"""GLM-5 divides long prompts over the GPUs (context parallel) and speculates.

Why it hurts: both together end in an error at the first prompt.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
        args:
          enable-nsa-prefill-context-parallel: true
      model:
        repo: zai-org/GLM-5-FP8
      hardware:
        gpu: H200
        count: 8
    - speculative:
    -   algorithm: EAGLE

Source: sgl-project/sglang#18830 (read: title and command; open, February 2026, so of 0.5.9).
Whether later releases still do was not established: this is said up to 0.5.12, the last before
the option was renamed. Doing without is an inference: upstream does not say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for both."""
    divided = case.said.option("--enable-nsa-prefill-context-parallel")
    if divided is not None and case.resolved.eagle.value:
        yield Problem(
            divided.path,
            "GLM-5 with context-parallel prefill and speculation ended in an error",
            "take out one of the two",
        )


RULE = Rule(
    "context-parallel-with-drafts",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/18830",
    engines=Engines(before="0.5.13"),
    models=("GLM-5*",),
    inferred=True,
)
