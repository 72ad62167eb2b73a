"""Qwen3.5's FP8 experts on TRT-LLM's kernels, on B300 with SGLang 0.5.12.

Why it hurts: the server starts and answers, and the answers are wrong: GSM8K 0 where a good
configuration has 0.85.

Instead of ``-`` write ``+``::

      model:
        repo: Qwen/Qwen3.5-397B-A17B-FP8
      engine:
    -   version: 0.5.12
    +   version: 0.5.13
      hardware:
        gpu: B300
        count: 4
      moe:
        runner: flashinfer_trtllm

Source: sgl-project/sglang#25863 (read: v0.5.12-cu130, TP 4, `trtllm_mha` and `flashinfer_trtllm`,
256 requests at a time, May 2026; closed). That 0.5.13 is right is an inference: upstream does not
say so.
"""

from __future__ import annotations

from deployer.behaviour.experts import TRTLLM
from deployer.check.rule import Engines, Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "qwen35-fp8-on-b300-0512",
    Severity.WARNING,
    at(
        lambda case: one_of(case.resolved.moe_runner_backend, *TRTLLM),
        "`{value}` answered wrongly for Qwen3.5 on B300: GSM8K 0 instead of 0.85",
        "take 0.5.13 or later",
    ),
    link="https://github.com/sgl-project/sglang/issues/25863",
    engines=Engines("0.5.12", "0.5.13"),
    gpus=("B300",),
    architectures=("Qwen3_5MoeForConditionalGeneration",),
    inferred=True,
)
