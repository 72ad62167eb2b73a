"""TileLang's sparse attention is to read an FP8 KV cache, in a release where it reads BF16 only.

Why it hurts: up to 0.5.16 the server loads everything and crashes while it captures its decode
graphs (`kernel main input KV dtype expected bfloat16`); 0.5.17 to 0.5.21 refuse at launch.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.14
      hardware:
        gpu: H200
        count: 8
      memory:
    -   kv_cache_dtype: fp8_e4m3
    +   kv_cache_dtype: bfloat16
      kernels:
        attention: dsa
        prefill: tilelang
        decode: tilelang

Source: sgl-project/sglang#31346 (read: reproduced on H100 and at 4 x 8 H100, July 2026); measured
in the wheels: ``_check_tilelang_dsa_fp8_kv`` refuses in 0.5.17, and 0.5.22 takes FP8 where both
phases are TileLang.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for TileLang in either phase."""
    if not case.resolved.sparse_fp8:
        return
    for phase in case.resolved.sparse_kernels:
        if phase.value == "tilelang":
            yield Problem(
                phase.path,
                "`tilelang` reads no FP8 KV cache on NVIDIA GPUs before SGLang 0.5.22",
                "write `memory.kv_cache_dtype: bfloat16`, or leave the kernels to the engine",
            )
            return


RULE = Rule(
    "tilelang-with-fp8-kv",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/pull/31346",
    engines=Engines(before="0.5.22"),
)
