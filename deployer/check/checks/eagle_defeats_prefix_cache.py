"""GLM-5 in NVFP4 speculates while conversations count on the prefix cache.

Why it hurts: with speculation the cache held 40 to 53 % of deep prompts instead of 97 %, at
any number of drafts: input was read at 12,900 to 16,800 tokens a second instead of 44,000.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.16
      model:
        repo: nvidia/GLM-5.1-NVFP4
      hardware:
        gpu: B200
        count: 8
    - speculative:
    -   algorithm: EAGLE

Source: sgl-project/sglang#32459 (read: open, July 2026, 0.5.16; HiCache makes no difference). For
short or unrelated prompts speculation pays all the same; measure with your own traffic.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, drafting
from deployer.finding import Severity

RULE = Rule(
    "eagle-defeats-prefix-cache",
    Severity.NOTE,
    at(
        drafting,
        "speculation halved the reuse of prefixes: 40 to 53 % of deep prompts, not 97 %",
        "for long conversations compare both, with `observability.cache_report: true`",
        when=lambda case: not case.said.has("--disable-radix-cache"),
    ),
    link="https://github.com/sgl-project/sglang/issues/32459",
    engines=Engines("0.5.16"),
    gpus=("sm100",),
    models=("GLM-5*FP4*",),
    inferred=True,
)
