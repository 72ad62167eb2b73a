"""The expert-parallel size does not divide the GPUs.

Why it hurts: SGLang lets it through, and its ranks find no group to be in, after the weights were
to be loaded: an assertion on each of eight GPUs.

Instead of::

    hardware:
      gpu: H200
      count: 8
    parallel:
      ep: 3

Write::

    hardware:
      gpu: H200
      count: 8
    parallel:
      ep: 8

Source: SGLang 0.5.10.post1 ``distributed/parallel_state.py:1887`` divides tp by ep; measured: its
resolution lets ep 3 with tp 8 through.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.derive import tensor_parallel
from deployer.finding import Severity
from deployer.profile.model import Profile


def find(profile: Profile) -> Iterator[Problem]:
    """Divide the tensor-parallel size by the expert-parallel size."""
    tp, ep = profile.parallel.tp or tensor_parallel(profile), profile.parallel.ep
    if tp is not None and ep is not None and tp % ep:
        sizes = ", ".join(str(size) for size in range(1, tp + 1) if tp % size == 0)
        yield Problem(
            ("parallel", "ep"),
            f"{tp} GPUs cannot be divided into {ep} groups of experts",
            f"write one of {sizes}",
        )


RULE = Rule(
    "experts-undivided",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/expert_parallelism.html",
)
