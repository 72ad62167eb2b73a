"""GLM-5.1 in FP8 speculates on H200 and decodes with FlashMLA.

Why it hurts: the capture of CUDA graphs failed in `flash_mla_with_kvcache`, at the end of a start
that had loaded everything.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.10.post1
      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: H200
        count: 8
      memory:
    -   kv_cache_dtype: fp8_e4m3
    +   kv_cache_dtype: bfloat16
      speculative:
        algorithm: EAGLE

Source: sgl-project/sglang#22359, of which only the title could be read, as #25551 quotes it
("GLM-5.1-FP8 on H200x8 + EAGLE: CUDA graph capture fails in `flash_mla_with_kvcache`"). Its number
dates it to April 2026, so to 0.5.10. A BF16 cache, which FlashAttention 3 decodes, is an inference:
upstream does not say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for speculation over an FP8 cache that FlashMLA decodes from."""
    drafting, decode = case.resolved.eagle, case.resolved.dsa_decode_backend
    if drafting.value and case.resolved.sparse_fp8 and (decode.value or "").startswith("flashmla_"):
        yield Problem(
            drafting.path,
            "graphs of speculation over FlashMLA decoding may fail to be captured on H200",
            "write `memory.kv_cache_dtype: bfloat16`",
        )


RULE = Rule(
    "eagle-over-flashmla-on-h200",
    Severity.NOTE,
    find,
    link="https://github.com/sgl-project/sglang/issues/22359",
    engines=Engines("0.5.10", "0.5.11"),
    gpus=("H200",),
    models=("GLM-5.1-FP8",),
    inferred=True,
)
