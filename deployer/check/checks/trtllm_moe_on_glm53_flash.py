"""GLM-5.3-Flash with its experts on `flashinfer_trtllm`, which scored a little below others.

Why it hurts: six runs of GSM8K gave 0.919 on average and three with `deep_gemm` 0.932; every one of
the six was below every one of the three.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.3-Flash
      hardware:
        gpu: B200
        count: 4
      moe:
    -   runner: flashinfer_trtllm
    +   runner: deep_gemm

Source: sgl-project/sglang#39797 (read: September 2026, 4 GB200, asked as a question, closed). Few
runs; no cause was found in what was read.
"""

from __future__ import annotations

from deployer.behaviour.experts import TRTLLM
from deployer.check.rule import Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "trtllm-moe-on-glm53-flash",
    Severity.NOTE,
    at(
        lambda case: one_of(case.said.option("--moe-runner-backend"), *TRTLLM),
        "GLM-5.3-Flash scored 1.3 points lower on GSM8K with `{value}`",
        "compare with `deep_gemm` on your own tasks",
    ),
    link="https://github.com/sgl-project/sglang/issues/39797",
    models=("GLM-5.3-Flash*",),
)
