"""FlashMLA's sparse prefill reads an FP8 KV cache, in a release that crashes so.

Why it hurts: the first prompt beyond plain prefill ends the scheduler with `topk_indices_offset
must be a CUDA tensor`, on Hopper and Blackwell alike.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.9
    +   version: 0.5.10.post1
      model:
        repo: zai-org/GLM-5-FP8
      hardware:
        gpu: H200
        count: 8
      memory:
        kv_cache_dtype: fp8_e4m3
      kernels:
        prefill: flashmla_sparse

Source: sgl-project/sglang#20606 (read: fixed on 26 March 2026, so from 0.5.10 on; a BF16 cache is
not affected; `flashmla_auto` comes to the same kernels for some batches).
"""

from __future__ import annotations

from deployer.behaviour.stated import Setting
from deployer.check.rule import Engines, Mitigation, Rule, at, one_of
from deployer.compile.case import Case
from deployer.finding import Severity

READ_BF16 = ("flashmla_sparse", "flashmla_auto")


def mitigated(case: Case) -> Setting | None:
    """Give the key with which an author goes around it."""
    prefill = one_of(case.said.option("--dsa-prefill-backend"), "flashmla_kv")
    return prefill if case.resolved.sparse_fp8 else None


RULE = Rule(
    "flashmla-sparse-prefill-fp8",
    Severity.WARNING,
    at(
        lambda case: one_of(case.resolved.dsa_prefill_backend, *READ_BF16),
        "`{value}` prefill crashes on an FP8 KV cache before SGLang 0.5.10",
        "take 0.5.10 or later, or write `memory.kv_cache_dtype: bfloat16`",
        when=lambda case: case.resolved.sparse_fp8,
    ),
    link="https://github.com/sgl-project/sglang/pull/20606",
    engines=Engines(before="0.5.10"),
    mitigation=Mitigation("prefill with `flashmla_kv` over an FP8 cache", mitigated),
)
