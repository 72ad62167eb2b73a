"""FlashMLA's sparse kernels are asked to decode from an FP8 KV cache, which they do not read.

Why it hurts: they take BF16 only. The engine accepts the flags, loads the weights, and fails at
the first decode step or while it captures its graphs.

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
        prefill: flashmla_sparse
        decode: flashmla_sparse

Source: sgl-project/sglang#23013 (read: "flashmla_sparse does not accept FP8 input"; `flashmla_kv`
is the FP8 counterpart). sgl-project/sglang#29339 and radixark/miles#1477 report it on B200, and
could not be read here. SGLang 0.5.10 overrules the flags on B200 and B300 and is silent.
"""

from __future__ import annotations

from deployer.check.rule import Rule, at, one_of
from deployer.finding import Severity

RULE = Rule(
    "flashmla-sparse-decode-fp8",
    Severity.ERROR,
    at(
        lambda case: one_of(case.resolved.dsa_decode_backend, "flashmla_sparse"),
        "`flashmla_sparse` cannot decode from an FP8 KV cache",
        "leave it out (`trtllm` on B200, `flashmla_kv` on Hopper follow), "
        "or write `memory.kv_cache_dtype: bfloat16`",
        when=lambda case: case.resolved.sparse_fp8,
    ),
    link="https://github.com/sgl-project/sglang/pull/23013",
)
