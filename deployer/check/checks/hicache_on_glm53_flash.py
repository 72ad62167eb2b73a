"""A hierarchical cache (HiCache) for GLM-5.3-Flash, whose answers it corrupts even without drafts.

Why it hurts: after pages came back from host memory, tool calls were dropped and answers fell into
loops, with health 200 throughout.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.3-Flash
      hardware:
        gpu: H100
        count: 8
    - memory:
    -   hierarchical_cache: true

Source: sgl-project/sglang#38031 (read: open, September 2026, 8 H100; 37534 does not suffice, 38212
restores the missing indexes). Doing without is an inference: upstream does not say so.
"""

from __future__ import annotations

from deployer.check.rule import Rule, at
from deployer.finding import Severity

RULE = Rule(
    "hicache-on-glm53-flash",
    Severity.WARNING,
    at(
        lambda case: case.said.option("--enable-hierarchical-cache"),
        "HiCache corrupts answers of GLM-5.3-Flash after pages come back from host memory",
        "take it out",
    ),
    link="https://github.com/sgl-project/sglang/issues/38031",
    models=("GLM-5.3-Flash*",),
    inferred=True,
)
