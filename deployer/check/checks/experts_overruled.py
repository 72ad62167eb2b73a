"""The expert-parallel size is stated, and the all-to-all decides it.

Why it hurts: the engine takes every GPU for experts whatever the profile says, with a line in its
log: memory and speed are not those of the profile.

Instead of ``-`` write ``+``::

      hardware:
        gpu: H200
        count: 8
      parallel:
    -   ep: 4
    +   ep: 8
      moe:
        a2a: deepep

Source: SGLang 0.5.10.post1 ``srt/server_args.py:2740-2800`` (`_handle_a2a_moe`): ep_size = tp_size.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import tensor_parallel
from deployer.finding import Severity

WHOLE = frozenset({"deepep", "mooncake", "nixl", "flashinfer", "mori", "ascend_fuseep"})
"""The all-to-alls that set the expert-parallel size to the tensor-parallel size."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the stated size with the one that the all-to-all sets."""
    tp, ep = tensor_parallel(case.profile), case.profile.parallel.ep
    if case.profile.moe.a2a in WHOLE and ep is not None and tp is not None and ep != tp:
        yield Problem(
            ("parallel", "ep"),
            f"with `moe.a2a: {case.profile.moe.a2a}` the engine takes {tp}, not {ep}",
            f"write {tp}, or leave it out",
        )


RULE = Rule(
    "experts-overruled",
    Severity.WARNING,
    find,
    link="https://docs.sglang.io/advanced_features/expert_parallelism.html",
)
