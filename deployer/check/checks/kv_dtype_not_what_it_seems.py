"""The KV dtype is left to the engine, which takes FP8 for sparse attention on B200 and B300.

Why it hurts: without the flag a reader expects BF16, and on H200 gets it. On Blackwell the same
profile has an FP8 cache, which cost GLM-5.1-FP8 18 points on AIME; and it decides the kernels, too.

Instead of ``-`` write ``+``::

      model:
        repo: zai-org/GLM-5.1-FP8
      hardware:
        gpu: B200
        count: 8
      memory:
    -   mem_fraction_static: 0.85
    +   kv_cache_dtype: bfloat16

Source: SGLang 0.5.10.post1 ``srt/server_args.py:1417-1443``, 0.5.23
``srt/arg_groups/overrides.py:491-543``: `auto` is `fp8_e4m3` from compute capability 10 on, BF16 on
Hopper, in every release read (0.5.9 to 0.5.23). The accuracy: sgl-project/sglang#22671. Stating
`fp8_e4m3` ends this warning, since then it is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Look for sparse attention on Blackwell whose KV dtype nobody states."""
    said = case.said.option("--kv-cache-dtype")
    if (said is None or said.value == "auto") and case.resolved.sparse_fp8:
        yield Problem(
            case.resolved.kv_cache_dtype.path,
            "the KV cache seems to be BF16 and is FP8: that is `auto` for sparse attention on "
            f"{case.profile.hardware.gpu}",
            "write `kv_cache_dtype: bfloat16`, or `fp8_e4m3` if FP8 is meant",
        )


RULE = Rule(
    "kv-dtype-not-what-it-seems",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/22671",
)
