"""TRT-LLM decoding with SGLang 0.5.16, which clears its whole workspace at every call.

Why it hurts: each layer of each step first writes zeros over the workspace; with one request that
was about a seventh of the time of attention.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.16
    +   version: 0.5.17
      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      memory:
        kv_cache_dtype: bfloat16

Source: sgl-project/sglang#31607 (read: July 2026, came with #31502, went on in #31927) and
flashinfer-ai/flashinfer#3553 (read: 14 % of attention at batch 1 by an earlier cause of the same).
That it is 0.5.16 is an inference: measured in the wheels, the counter that mends it comes with
0.5.17, and 0.5.16 is the first after #31502.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "trtllm-decode-0516",
    Severity.NOTE,
    at(
        lambda case: one_of(case.resolved.dsa_decode_backend, "trtllm"),
        "TRT-LLM decoding clears its whole workspace at every call in SGLang 0.5.16",
        "take 0.5.17 or later",
    ),
    link="https://github.com/sgl-project/sglang/pull/31607",
    engines=Engines("0.5.16", "0.5.17"),
    gpus=("sm100",),
    inferred=True,
)
