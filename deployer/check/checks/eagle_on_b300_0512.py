"""GLM-5 in NVFP4 speculates on B300 with SGLang 0.5.12, whose draft graphs fail there.

Why it hurts: the target's graphs are captured, then the draft's fail at the largest batch (128) and
the server ends, ten minutes after it was started. 0.5.11 does not.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.12
    +   version: 0.5.14
      model:
        repo: nvidia/GLM-5-NVFP4
      hardware:
        gpu: B300
        count: 8
      speculative:
        algorithm: EAGLE

Source: sgl-project/sglang#25563 (read: 18 May 2026, closed; FlashInfer 0.6.8.post1, of 0.5.11, does
not fail, as InferenceX pins it). That 0.5.13 ends it, which pins another FlashInfer than 0.5.12, is
an inference.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, drafting
from deployer.finding import Severity

RULE = Rule(
    "eagle-on-b300-0512",
    Severity.WARNING,
    at(
        drafting,
        "SGLang 0.5.12 cannot capture the draft's graphs of GLM-5 in NVFP4 on B300",
        "take 0.5.11, or 0.5.13 or later",
        when=lambda case: not case.said.has("--disable-cuda-graph"),
    ),
    link="https://github.com/sgl-project/sglang/issues/25563",
    engines=Engines("0.5.12", "0.5.13"),
    gpus=("B300",),
    models=("GLM-5*FP4*",),
    inferred=True,
)
