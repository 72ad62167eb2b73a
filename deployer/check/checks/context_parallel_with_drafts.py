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

from deployer.check.rule import Engines, Rule, at, drafting
from deployer.finding import Severity

RULE = Rule(
    "context-parallel-with-drafts",
    Severity.WARNING,
    at(
        lambda case: case.said.option("--enable-nsa-prefill-context-parallel"),
        "GLM-5 with context-parallel prefill and speculation ended in an error",
        "take out one of the two",
        when=drafting,
    ),
    link="https://github.com/sgl-project/sglang/issues/18830",
    engines=Engines(before="0.5.13"),
    models=("GLM-5*",),
    inferred=True,
)
