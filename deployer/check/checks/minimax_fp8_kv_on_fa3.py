"""MiniMax-M2 with an FP8 KV cache on FlashAttention 3.

Why it hurts: the answers are one word over and over; without the FP8 cache they are right.

Instead of ``-`` write ``+``::

      model:
        repo: MiniMaxAI/MiniMax-M2.5
      engine:
        version: 0.5.9
      hardware:
        gpu: H100
        count: 4
      kernels:
        attention: fa3
    - memory:
    -   kv_cache_dtype: fp8_e4m3

Source: sgl-project/sglang#20820 (read: H100, MiniMax-M2.5, seen on 0.5.8 and 0.5.9, March 2026;
open, and of later releases it says nothing). FA3 is also what SGLang takes on Hopper by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for an FP8 cache where FA3 is taken."""
    dtype = case.said.option("--kv-cache-dtype")
    fa3 = case.said.value("--attention-backend") in {"", "fa3"}
    if dtype is not None and dtype.value.startswith("fp8") and fa3:
        yield Problem(
            dtype.path,
            "MiniMax-M2 on FA3 answered gibberish from an FP8 KV cache",
            "leave it out, or write `kernels.attention: flashinfer`",
        )


RULE = Rule(
    "minimax-fp8-kv-on-fa3",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/20820",
    engines=Engines(before="0.5.10"),
    gpus=("sm90",),
    architectures=("MiniMaxM2ForCausalLM",),
)
