"""Experts in NVFP4 on `flashinfer_trtllm` with SGLang 0.5.18, whose FlashInfer makes NaN of them.

Why it hurts: a new tile size of FlashInfer 0.6.17 gives numbers that are none: GSM8K scored 0.0 on
four B200, and the sampler stops with `NaN detected` only where it is told to look.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.18
    +   version: 0.5.19
      model:
        repo: nvidia/GLM-5.2-NVFP4
      hardware:
        gpu: B200
        count: 8
      moe:
        runner: flashinfer_trtllm

Source: sgl-project/sglang#34629 and flashinfer-ai/flashinfer#4486 (both read: August 2026, closed;
0.6.15.post1 passes, 0.6.16.post4 and 0.6.17 fail, for 0.6.18); measured in the wheels: 0.5.18 pins
0.6.17, 0.5.17 0.6.15.post1 and 0.5.19 0.6.18. It was seen with NVFP4 that is quantized online;
that ready checkpoints suffer too is an inference: upstream does not say so.
"""

from __future__ import annotations

from deployer.behaviour.experts import TRTLLM
from deployer.behaviour.stated import Setting
from deployer.check.families import is_nvfp4
from deployer.check.rule import Engines, Mitigation, Rule, at, one_of
from deployer.compile.case import Case
from deployer.finding import Severity


def mitigated(case: Case) -> Setting | None:
    """Give the key with which an author goes around it."""
    runner = one_of(case.said.option("--moe-runner-backend"), "flashinfer_cutlass")
    return runner if _nvfp4(case) else None


def _nvfp4(case: Case) -> bool:
    return is_nvfp4(case) or case.said.value("--quantization") == "modelopt_fp4"


RULE = Rule(
    "nvfp4-nan-0518",
    Severity.WARNING,
    at(
        lambda case: one_of(case.resolved.moe_runner_backend, *TRTLLM),
        "`{value}` computes NaN from NVFP4 with the FlashInfer of SGLang 0.5.18",
        "take 0.5.17 or 0.5.19, or write `moe.runner: flashinfer_cutlass`",
        when=_nvfp4,
    ),
    link="https://github.com/sgl-project/sglang/issues/34629",
    engines=Engines("0.5.18", "0.5.19"),
    gpus=("sm100",),
    mitigation=Mitigation("experts on `flashinfer_cutlass`", mitigated),
    inferred=True,
)
