"""A hierarchical cache (HiCache) beside speculation, for a model with sparse attention.

Why it hurts: what comes back from host memory lacks the draft's part. Accepted drafts fell from
4.49 to 1.59 a step with GLM-5.2 and from 3.4 to 1.9 in two hours with GLM-5.1; GLM-5.1 and
DeepSeek-V4 hung after hours, until the watchdog ended them.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: H200
        count: 8
    - memory:
    -   hierarchical_cache: true
      speculative:
        algorithm: EAGLE

Source: sgl-project/sglang#32176 (read: 0.5.15.post1, measured with and without HiCache), #26357
(read: hangs; 1/1/1 drafts lived longer), #30532 (read: 0.5.14, DeepSeek-V4-Flash), #28771 (read:
slow decline), #31600 (read: the draft's cache is not kept). Pull request 30393 keeps it, and was
still doubted on 0.5.17. Doing without is an inference: upstream does not say so.
"""

from __future__ import annotations

from deployer.check.rule import Rule, at, drafting
from deployer.finding import Severity

RULE = Rule(
    "hicache-with-eagle",
    Severity.WARNING,
    at(
        lambda case: case.said.option("--enable-hierarchical-cache"),
        "HiCache with speculation: accepted drafts fell from 4.49 to 1.59, and servers hung",
        "take out one of the two, or watch `sglang:spec_accept_length` for hours",
        when=drafting,
    ),
    link="https://github.com/sgl-project/sglang/issues/32176",
    models=("GLM-5*", "DeepSeek-V3.2*", "DeepSeek-V4*"),
    inferred=True,
)
