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

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look at the kernels that will decode."""
    decode = case.resolved.dsa_decode_backend
    if case.resolved.sparse_fp8 and decode.value == "flashmla_sparse":
        yield Problem(
            decode.path,
            "`flashmla_sparse` cannot decode from an FP8 KV cache",
            "leave it out (`trtllm` on B200, `flashmla_kv` on Hopper follow), "
            "or write `memory.kv_cache_dtype: bfloat16`",
        )


RULE = Rule(
    "flashmla-sparse-decode-fp8",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/pull/23013",
)
