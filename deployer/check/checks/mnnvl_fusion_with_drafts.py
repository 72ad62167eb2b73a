"""GLM-5.3-Flash speculates with all-reduce fusion over MNNVL, which spoils many of its drafts.

Why it hurts: 3.79 tokens were accepted a step instead of 5.88 on 8 B300, and the server made 17,190
tokens a second instead of 32,930. Answers stay right, so only throughput shows it. From 0.5.14 on
`auto` means MNNVL on B200 and B300.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.20
    -   args:
    -     flashinfer-allreduce-fusion-backend: auto
      model:
        repo: zai-org/GLM-5.3-Flash
      hardware:
        gpu: B300
        count: 8
    + kernels:
    +   allreduce_fusion: false
      speculative:
        algorithm: NEXTN

Source: sgl-project/sglang#37745 (read: September 2026, closed; measured with fusion off and with
`trtllm`, which gave 5.72 and 28,787). Which release ends it is not known here.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, drafting, one_of
from deployer.finding import Severity

RULE = Rule(
    "mnnvl-fusion-with-drafts",
    Severity.WARNING,
    at(
        lambda case: one_of(case.resolved.allreduce_fusion, "mnnvl"),
        "all-reduce fusion over MNNVL lowers this model's accepted drafts: 3.79 for 5.88",
        "write `kernels.allreduce_fusion: false`",
        when=drafting,
    ),
    link="https://github.com/sgl-project/sglang/issues/37745",
    engines=Engines("0.5.14"),
    gpus=("sm100",),
    models=("GLM-5.3-Flash*",),
)
