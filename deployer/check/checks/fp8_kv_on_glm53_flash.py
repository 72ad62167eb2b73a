"""GLM-5.3-Flash is to have an FP8 KV cache on a GPU that has no kernels for it.

Why it hurts: its indexer pools keys, which rules `flashmla_kv` out, and no other kernels of Hopper
read FP8 with BF16 queries: the engine refuses or fails after loading.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.3-Flash
      hardware:
        gpu: H200
        count: 8
      memory:
    -   kv_cache_dtype: fp8_e4m3
    +   kv_cache_dtype: bfloat16

Source: sgl-project/sglang#36830 (read: open, August 2026; on 8 H20 it serves with BF16; confirmed
for consumer Blackwell). On B200 and B300 TRT-LLM's kernels read FP8.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.attention import FP8
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look at the KV dtype that will be used."""
    kv = case.resolved.kv_cache_dtype
    if kv.value == FP8:
        yield Problem(
            kv.path,
            f"no kernels on {case.profile.hardware.gpu} read an FP8 KV cache of GLM-5.3-Flash",
            "write `bfloat16`",
        )


RULE = Rule(
    "fp8-kv-on-glm53-flash",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/36830",
    gpus=("sm90", "sm120"),
    models=("GLM-5.3-Flash*",),
)
