"""GLM-4.5-Air speculates with SGLang 0.5.10, where none of its drafts was accepted.

Why it hurts: the accept length stayed at 1, so each step pays for drafts and verification and
yields what plain decoding yields. Nothing fails.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.10.post1
    +   version: 0.5.12
      model:
        repo: zai-org/GLM-4.5-Air-FP8
      hardware:
        gpu: H100
        count: 8
      speculative:
        algorithm: EAGLE

Source: sgl-project/sglang#24795 (read: 9 May 2026, after an upgrade to 0.5.10; closed as inactive,
the cause was not established). That another release does better is an inference: upstream does not
say so. Measure `sglang:spec_accept_length` after every deployment.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, drafting
from deployer.finding import Severity

RULE = Rule(
    "accept-length-on-glm45-air",
    Severity.WARNING,
    at(
        drafting,
        "drafts of GLM-4.5-Air were never accepted in SGLang 0.5.10 (accept length 1)",
        "measure `sglang:spec_accept_length`, with `observability.metrics: true`; "
        "where it is 1, take speculation out or another release",
    ),
    link="https://github.com/sgl-project/sglang/issues/24795",
    engines=Engines("0.5.10", "0.5.11"),
    models=("GLM-4.5-Air*",),
    inferred=True,
)
