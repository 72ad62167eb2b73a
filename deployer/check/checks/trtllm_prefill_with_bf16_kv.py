"""GLM-5 has a BF16 KV cache on B200 or B300 and prefills with TRT-LLM's kernels.

Why it hurts: SGLang itself never pairs the two. For BF16 it takes `flashmla_sparse` for prefill and
`trtllm` for decode, which is the pair that was measured to restore accuracy; how this one answers
was not measured by anybody.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      memory:
        kv_cache_dtype: bfloat16
      kernels:
    -   prefill: trtllm
    +   prefill: flashmla_sparse

Source: sgl-project/sglang#21337 (read: 0.919 became 0.959 on GSM8K with the pair of FlashMLA and
TRT-LLM) and #20163 (read: TRT-LLM prefill was dense, with "potential accuracy drop"; 21783 made it
sparse); measured in the wheels: the defaults of 0.5.9 to 0.5.23. That the pair of this profile is
worse is an inference: upstream does not say so.
"""

from __future__ import annotations

from deployer.behaviour.attention import BF16
from deployer.check.rule import Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "trtllm-prefill-with-bf16-kv",
    Severity.NOTE,
    at(
        lambda case: one_of(case.resolved.dsa_prefill_backend, "trtllm"),
        "`trtllm` prefill over a BF16 cache: no pair that SGLang chooses; none has measured it",
        "write `flashmla_sparse`, or leave it out",
        when=lambda case: case.resolved.kv_cache_dtype.value == BF16,
    ),
    link="https://github.com/sgl-project/sglang/pull/21337",
    gpus=("sm100",),
    models=("GLM-5*",),
    inferred=True,
)
