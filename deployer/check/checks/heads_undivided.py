"""The attention heads cannot be divided over the GPUs.

Why it hurts: SGLang ends with an assertion when it makes the first layer, after the container is
scheduled. Its own resolution lets a tensor-parallel size of 7 through.

Instead of::

    model:
      repo: Qwen/Qwen3-32B
    hardware:
      gpu: H100
      count: 6

Write::

    model:
      repo: Qwen/Qwen3-32B
    hardware:
      gpu: H100
      count: 4

Source: SGLang 0.5.10.post1 ``models/qwen2.py:123-131`` (heads by GPUs, and key-value heads by GPUs
or GPUs by them), ``models/deepseek_v2.py:1130``; 0.5.23 the same.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/models/qwen2.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import tensor_parallel
from deployer.facts.models.catalogue import shapes
from deployer.facts.models.model import GroupedAttention, Model
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Divide the heads by the ranks that share them, where the model is known."""
    model, parallel = shapes(case.profile.model.repo), case.profile.parallel
    size = parallel.tp or tensor_parallel(case.profile)
    if model is None or size is None:
        return
    ranks = size // (parallel.dp or 1) if parallel.dp_attention else size
    if ranks > 0 and not _divides(model, ranks):
        key = ("parallel", "tp") if parallel.tp is not None else ("hardware", "count")
        yield Problem(
            key,
            f"the {_heads(model)} of {model.repo} cannot be divided over {ranks} GPUs",
            f"write one of {', '.join(str(n) for n in range(1, 9) if _divides(model, n))}",
        )


def _divides(model: Model, ranks: int) -> bool:
    attention = model.attention
    if attention.heads % ranks:
        return False
    if not isinstance(attention, GroupedAttention):
        return True
    few, many = sorted((attention.kv_heads, ranks))
    return many % few == 0


def _heads(model: Model) -> str:
    attention = model.attention
    if isinstance(attention, GroupedAttention) and attention.kv_heads != attention.heads:
        return f"{attention.heads} heads and {attention.kv_heads} key-value heads"
    return f"{attention.heads} heads"


RULE = Rule(
    "heads-undivided",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
