"""The expert-parallel size does not divide the GPUs.

Why it hurts: SGLang lets it through, and its ranks find no group to be in, after the weights were
to be loaded: an assertion on each of eight GPUs.

Instead of ``-`` write ``+``::

      hardware:
        gpu: H200
        count: 8
      parallel:
    -   ep: 3
    +   ep: 8

Source: SGLang 0.5.10.post1 ``distributed/parallel_state.py:1887`` divides tp by ep,
``layers/moe/fused_moe_triton/layer.py:200`` the experts by ep; measured: its resolution lets ep 3
with tp 8 through.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import tensor_parallel
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Divide the GPUs by the groups, and the experts where the model is known."""
    tp, ep = tensor_parallel(case.profile), case.profile.parallel.ep
    if tp is None or ep is None:
        return
    sizes = ", ".join(str(size) for size in range(1, tp + 1) if tp % size == 0)
    model = case.resolved.subject.model
    experts = model.experts.routed if model is not None and model.experts is not None else 0
    whole = experts + (case.profile.moe.redundant_experts or 0)
    if tp % ep:
        yield Problem(
            ("parallel", "ep"),
            f"{tp} GPUs cannot be divided into {ep} groups of experts",
            f"write one of {sizes}",
        )
    elif experts and whole % ep:
        key = (
            ("moe", "redundant_experts")
            if case.profile.moe.redundant_experts
            else ("parallel", "ep")
        )
        yield Problem(
            key,
            f"{whole} experts cannot be divided into {ep} equal groups",
            f"make their number a multiple of {ep}",
        )


RULE = Rule(
    "experts-undivided",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/expert_parallelism.html",
)
