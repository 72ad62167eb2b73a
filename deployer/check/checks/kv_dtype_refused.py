"""The attention kernels do not take this data type of the KV cache.

Why it hurts: SGLang takes the flag and ends when it chooses kernels. TRT-LLM's MLA takes `bf16` and
not `bfloat16`, which means the same.

Instead of ``-`` write ``+``::

      kernels:
        attention: nsa
      memory:
    -   kv_cache_dtype: fp8_e5m2
    +   kv_cache_dtype: bfloat16

Source: SGLang 0.5.10.post1 ``srt/server_args.py:1440,2357``, 0.5.23 ``overrides.py:540,1214``.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

TAKEN_BY_SPARSE = ("bfloat16", "bf16", "fp8_e4m3", "auto")
TAKEN_BY_TRTLLM_MLA = ("fp8_e4m3", "fp4_e2m1", "bf16", "auto")


def find(case: Case) -> Iterator[Problem]:
    """Compare the data type with what the kernels take."""
    dtype = case.profile.memory.kv_cache_dtype
    if dtype is None:
        return
    if case.resolved.sparse_attention and dtype not in TAKEN_BY_SPARSE:
        yield _problem(dtype, "sparse attention", TAKEN_BY_SPARSE)
    if case.profile.kernels.attention == "trtllm_mla" and dtype not in TAKEN_BY_TRTLLM_MLA:
        yield _problem(dtype, "`trtllm_mla`", TAKEN_BY_TRTLLM_MLA)


def _problem(dtype: str, kernels: str, taken: tuple[str, ...]) -> Problem:
    return Problem(
        ("memory", "kv_cache_dtype"),
        f"{kernels} takes no KV cache of `{dtype}`",
        f"write one of {', '.join(taken)}",
    )


RULE = Rule(
    "kv-dtype-refused",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/quantized_kv_cache.html",
)
