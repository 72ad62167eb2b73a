"""The attention heads cannot be divided over the GPUs.

Why it hurts: SGLang ends with an assertion when it makes the first layer, after the container is
scheduled. Its own resolution lets a tensor-parallel size of 7 through.

Instead of ``-`` write ``+``::

      model:
        repo: Qwen/Qwen3-32B
      hardware:
        gpu: H100
    -   count: 6
    +   count: 4

Source: SGLang 0.5.10.post1 ``models/qwen2.py:123-131`` (heads by GPUs, and key-value heads by GPUs
or GPUs by them), ``models/deepseek_v2.py:1130``, ``layers/attention/vision.py:772``; 0.5.23 the
same.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/models/qwen2.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import attention_ranks, tensor_parallel, tensor_parallel_key
from deployer.facts.models.model import GroupedAttention, Model
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Divide the heads of the model and of its vision tower by the ranks that share them."""
    yield from _model(case)
    yield from _vision(case)


def _vision(case: Case) -> Iterator[Problem]:
    """Divide the heads of a tower that is not copied to every rank."""
    size, found = tensor_parallel(case.profile), case.resolved.subject.architecture
    tower = found.config.get("vision_config") if found.name in TOWERS else None
    if not isinstance(tower, Mapping) or size is None or any(map(case.said.has, WITHOUT)):
        return
    heads = next((tower[key] for key in HEADS if isinstance(tower.get(key), int)), None)
    ranks = size // attention_ranks(case.profile)
    if heads and ranks > 0 and heads % ranks:
        yield Problem(
            tensor_parallel_key(case.profile),
            f"the {heads} heads of the vision tower of {case.profile.model.repo} cannot be divided "
            f"over {ranks} GPUs",
            "write `mm-enable-dp-encoder: true` under `engine.args`, which copies the tower",
        )


TOWERS = frozenset({
    "Qwen2VLForConditionalGeneration", "Qwen2_5_VLForConditionalGeneration",
    "Qwen3VLForConditionalGeneration", "Qwen3VLMoeForConditionalGeneration",
    "Qwen3_5ForConditionalGeneration", "Qwen3_5MoeForConditionalGeneration",
    "KimiK25ForConditionalGeneration", "Llama4ForConditionalGeneration",
    "Gemma3ForConditionalGeneration",
})  # fmt: skip
"""Models whose tower is divided as it is: GLM's and InternVL's is filled up with empty heads
(0.5.23 ``layers/attention/vision.py:1132``, ``models/glm4v.py``)."""

HEADS = ("num_heads", "num_attention_heads")
WITHOUT = ("--mm-enable-dp-encoder", "--language-model-only", "--language-only")
"""Options with which no rank has a part of the tower."""


def _model(case: Case) -> Iterator[Problem]:
    """Divide the heads by the ranks that share them, where the model is known."""
    model, size = case.resolved.subject.model, tensor_parallel(case.profile)
    if model is None or size is None:
        return
    ranks = size // attention_ranks(case.profile)
    if ranks > 0 and not _divides(model, ranks):
        yield Problem(
            tensor_parallel_key(case.profile),
            f"the {_heads(model)} of {model.repo} cannot be divided over {ranks} GPUs",
            _hint(case, [n for n in range(1, 9) if _divides(model, n)]),
        )


def _hint(case: Case, sizes: list[int]) -> str:
    """Name the sizes; where all GPUs are shared by a number that is none, theirs is written."""
    several = f"write one of {', '.join(map(str, sizes))}"
    parallel, gpus = case.profile.parallel, case.profile.hardware.count
    if parallel.tp is None or any(n * (parallel.pp or 1) == gpus for n in sizes):
        return several
    return f"{several} for `hardware.count`, and leave `tp` out"


def _divides(model: Model, ranks: int) -> bool:
    attention = model.attention
    if attention is None:
        return True
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
    return f"{attention.heads if attention else 0} heads"


RULE = Rule(
    "heads-undivided",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
