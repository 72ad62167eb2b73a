"""FlashMLA decodes from an FP8 KV cache on B200 or B300, with kernels that misread its scales.

Why it hurts: the kernels for SM100 squeeze each token's four FP32 scales through an 8-bit exponent,
so every value that they read is off by its own factor; on Hopper the same cache is read rightly.
Only accuracy shows it.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
      hardware:
        gpu: B200
        count: 8
      memory:
    -   kv_cache_dtype: fp8_e4m3
    +   kv_cache_dtype: bfloat16
      kernels:
        attention: dsa
    -   prefill: flashmla_kv
    -   decode: flashmla_kv

Source: deepseek-ai/FlashMLA#184 (read: an open pull request with the fix and a regression test,
May 2026). Which SGLang image has which FlashMLA is not known here. The remedy is an inference:
upstream does not say so. SGLang 0.5.9 takes these kernels by itself; 0.5.10 and later do not.
"""

from __future__ import annotations

from deployer.check.rule import Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "flashmla-decode-fp8-on-blackwell",
    Severity.WARNING,
    at(
        lambda case: one_of(case.resolved.dsa_decode_backend, "flashmla_kv", "flashmla_auto"),
        "`{value}` may misread the scales of an FP8 KV cache on SM100",
        "write `memory.kv_cache_dtype: bfloat16`, or `kernels.prefill: trtllm` "
        "and `kernels.decode: trtllm`",
        when=lambda case: case.resolved.sparse_fp8,
    ),
    link="https://github.com/deepseek-ai/FlashMLA/pull/184",
    gpus=("sm100",),
    inferred=True,
)
