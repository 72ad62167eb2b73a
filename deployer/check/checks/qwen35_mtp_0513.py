"""Qwen3.5's or Qwen3.6's own draft with SGLang 0.5.13.

Why it hurts: about one start of five ends with a crash of the scheduler, and some servers under
load.

Instead of ``-`` write ``+``::

      model:
        repo: Qwen/Qwen3.5-397B-A17B-FP8
      engine:
    -   version: 0.5.13
    +   version: 0.5.14
      hardware:
        gpu: H100
        count: 8
      parallel:
        ep: 8
      speculative:
        algorithm: NEXTN
        num_steps: 3
        eagle_topk: 1

Source: sgl-project/sglang#28431 (read: Qwen3.6 and Qwen3.5-397B with MTP, 0.5.13 and 0.5.13.post1,
8 H100; closed as inactive) and 28312 (read: Qwen3.5-9B on B300, 0.5.13). That 0.5.14 is right is an
inference: upstream does not say so.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, drafting
from deployer.finding import Severity

RULE = Rule(
    "qwen35-mtp-0513",
    Severity.WARNING,
    at(
        drafting,
        "with its own draft this model crashed at about one start of five",
        "take 0.5.14 or later, or leave `speculative` out",
        when=lambda case: not case.said.has("--speculative-draft-model-path"),
    ),
    link="https://github.com/sgl-project/sglang/issues/28431",
    engines=Engines("0.5.13", "0.5.14"),
    architectures=("Qwen3_5ForConditionalGeneration", "Qwen3_5MoeForConditionalGeneration"),
    inferred=True,
)
