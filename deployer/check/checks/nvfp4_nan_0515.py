"""GLM-5.2 in NVFP4 with SGLang 0.5.15, whose long answers collapse to exclamation marks.

Why it hurts: with a long context the logits become NaN and every token is `!`, with health 200. The
FP8 checkpoint is not affected.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.15.post1
    +   version: 0.5.16
      model:
        repo: nvidia/GLM-5.2-NVFP4
      hardware:
        gpu: B200
        count: 8

Source: sgl-project/sglang#30989 (read: title and how to reproduce it; a regression of #29783 in the
experts' correction bias, closed). That 0.5.16 ends it, and that other kernels avoid it, are
inferences: upstream does not say so.
"""

from __future__ import annotations

from deployer.behaviour.experts import TRTLLM
from deployer.check.rule import Engines, Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "nvfp4-nan-0515",
    Severity.WARNING,
    at(
        lambda case: one_of(case.resolved.moe_runner_backend, *TRTLLM),
        "long answers on `{value}` collapse to `!!!!` in SGLang 0.5.15",
        "take 0.5.16 or later, or write `moe.runner: flashinfer_cutlass`",
    ),
    link="https://github.com/sgl-project/sglang/issues/30989",
    engines=Engines("0.5.15", "0.5.16"),
    gpus=("sm100",),
    models=("GLM-5*FP4*",),
    inferred=True,
)
