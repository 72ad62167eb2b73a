"""DeepSeek-V3.2 in NVFP4 runs its experts on `flashinfer_trtllm`, in a release that crashes so.

Why it hurts: an illegal memory access ends the server above about ten requests at a time, so a
quick trial passes.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.9
      model:
        repo: nvidia/DeepSeek-V3.2-NVFP4
      hardware:
        gpu: B200
        count: 8
      moe:
    -   runner: flashinfer_trtllm
    +   runner: flashinfer_cutlass

Source: sgl-project/sglang#18989 (read: 18 February 2026, closed; `flashinfer_cutlass` does not
crash and is slower). That FlashInfer 0.6.7, and so 0.5.10, ends it is an inference from #18980.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Mitigation, Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "trtllm-moe-on-v32-nvfp4",
    Severity.ERROR,
    at(
        lambda case: one_of(case.resolved.moe_runner_backend, "flashinfer_trtllm"),
        "`flashinfer_trtllm` experts crash with DeepSeek-V3.2 in NVFP4 before SGLang 0.5.10",
        "write `flashinfer_cutlass`, or take 0.5.10 or later",
    ),
    link="https://github.com/sgl-project/sglang/issues/18989",
    engines=Engines(before="0.5.10"),
    gpus=("sm100",),
    models=("DeepSeek-V3.2*FP4*",),
    mitigation=Mitigation(
        "experts on `flashinfer_cutlass`",
        lambda case: one_of(case.said.option("--moe-runner-backend"), "flashinfer_cutlass"),
    ),
    inferred=True,
)
