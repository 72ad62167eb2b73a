"""Data-parallel attention prefills with TRT-LLM's kernels, in a release that loses accuracy so.

Why it hurts: GLM-5-FP8 answered worse on B200 with DP attention: 0.919 instead of 0.959 on GSM8K.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.9
    +   version: 0.5.10.post1
      model:
        repo: zai-org/GLM-5-FP8
      hardware:
        gpu: B200
        count: 8
      parallel:
        dp: 8
        dp_attention: true
    - kernels:
    -   prefill: trtllm
    + memory:
    +   kv_cache_dtype: bfloat16

Source: sgl-project/sglang#21291, of which only what followed could be read: pull request 21337
(24 March 2026: a BF16 cache, `flashmla_sparse` prefill and `trtllm` decode gave 0.959) and 21783,
21914, which made the defaults of 0.5.10. That 0.5.10 ends it is an inference.
"""

from __future__ import annotations

from deployer.check.rule import Engines, Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "trtllm-prefill-with-dp-attention",
    Severity.WARNING,
    at(
        lambda case: one_of(case.resolved.dsa_prefill_backend, "trtllm"),
        "TRT-LLM prefill with DP attention costs GLM-5's accuracy before SGLang 0.5.10: "
        "0.919 instead of 0.959 on GSM8K",
        "take 0.5.10 or later, or a BF16 KV cache with `flashmla_sparse` prefill",
        when=lambda case: case.said.has("--enable-dp-attention"),
    ),
    link="https://github.com/sgl-project/sglang/pull/21337",
    engines=Engines(before="0.5.10"),
    gpus=("sm100",),
    models=("GLM-5*",),
    inferred=True,
)
