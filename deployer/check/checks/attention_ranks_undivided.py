"""The ranks of attention data parallelism do not divide the GPUs.

Why it hurts: SGLang ends with an assertion when it starts.

Instead of ``-`` write ``+``::

      hardware:
        gpu: H200
        count: 8
      parallel:
    -   dp: 3
    +   dp: 8
        dp_attention: true

Source: SGLang 0.5.10.post1 ``srt/server_args.py:2640``, 0.5.23 ``parallel_hook.py:326``.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import tensor_parallel
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Divide the tensor-parallel size by the ranks of attention."""
    tp, dp = tensor_parallel(case.profile), case.profile.parallel.dp
    if case.profile.parallel.dp_attention and tp is not None and dp is not None and tp % dp:
        yield Problem(
            ("parallel", "dp"),
            f"{tp} GPUs cannot be divided into {dp} ranks of attention",
            f"choose a `dp` that divides {tp}",
        )


RULE = Rule(
    "attention-ranks-undivided",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/dp_dpa_smg_guide.html",
)
