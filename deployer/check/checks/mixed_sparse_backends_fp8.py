"""With an FP8 KV cache, prefill and decode take kernels that store a token differently.

Why it hurts: TRT-LLM stores 576 bytes a token and FlashMLA 656, and there is one pool: one of the
phases reads what it cannot understand, or the engine ends after loading. SGLang 0.5.10 overrules
what is stated on B200 and B300; other releases obey.

Instead of ``-`` write ``+``::

      engine:
        version: 0.5.23
      hardware:
        gpu: B200
        count: 8
      memory:
        kv_cache_dtype: fp8_e4m3
      kernels:
        attention: dsa
    -   prefill: flashmla_sparse
    +   prefill: trtllm
        decode: trtllm

Source: sgl-project/sglang#20163 (read: open, asks for kernels that convert) and pull request
21011 (closed without a merge); SGLang 0.5.22 ``arg_groups/overrides.py`` refuses TileLang beside
another for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

RAW = ("trtllm", "tilelang")
"""Kernels of which each has a layout of its own; all others share FlashMLA's."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the layouts of both phases."""
    if not case.resolved.sparse_fp8:
        return
    prefill, decode = case.resolved.sparse_kernels
    if _layout(prefill.value) != _layout(decode.value):
        stated = case.said.option("--dsa-prefill-backend")
        yield Problem(
            prefill.path if stated is not None else decode.path,
            f"`{prefill.value}` for prefill and `{decode.value}` for decode store FP8 differently",
            "take one family for both, or leave both out; a BF16 cache can be shared",
        )


def _layout(kernels: str | None) -> str | None:
    return kernels if kernels in RAW else "flashmla"


RULE = Rule(
    "mixed-sparse-backends-fp8",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/20163",
)
