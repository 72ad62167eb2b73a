"""GLM-5.1 speculates with an FP8 KV cache that TRT-LLM reads, in a release that loses accuracy so.

Why it hurts: GPQA-Diamond was 82.8 instead of 85.6 on 8 B200, and 85.4 without speculation, which
should change no answer at all. Nothing else shows it.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.12
      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      memory:
    -   kv_cache_dtype: fp8_e4m3
    +   kv_cache_dtype: bfloat16
      speculative:
        algorithm: EAGLE

Source: sgl-project/sglang#27661 (read: 9 June 2026; the reporter closed it on 26 June, since a
newer development image had no such loss). That the first release without it is 0.5.14, of 26 June,
is an inference; so is BF16 as the remedy: upstream does not say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for speculation over an FP8 cache that TRT-LLM decodes from."""
    drafting = case.resolved.eagle
    if (
        drafting.value
        and case.resolved.sparse_fp8
        and case.resolved.dsa_decode_backend.value == "trtllm"
    ):
        yield Problem(
            drafting.path,
            "speculation over an FP8 KV cache loses accuracy before SGLang 0.5.14: "
            "GPQA 82.8 instead of 85.6",
            "write `memory.kv_cache_dtype: bfloat16`, or take 0.5.14 or later",
        )


RULE = Rule(
    "fp8-kv-with-speculation",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/27661",
    engines=Engines(before="0.5.14"),
    gpus=("sm100",),
    models=("GLM-5.1*",),
    inferred=True,
)
