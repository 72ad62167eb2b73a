"""Each GPU's slice of an expert is no whole number of FP8 blocks.

Why it hurts: a block of 128 x 128 weights has one scale, so a slice must end where a block ends.
SGLang ends when it makes the first layer with experts, after the container is scheduled.

Instead of::

    model:
      repo: Qwen/Qwen3-235B-A22B-FP8
    hardware:
      gpu: H200
      count: 8

Write::

    model:
      repo: Qwen/Qwen3-235B-A22B-FP8
    hardware:
      gpu: H200
      count: 8
    parallel:
      ep: 8

Source: SGLang 0.5.10.post1 ``layers/quantization/fp8.py:815-831``: "The output_size of gate's and
up's weight is not divisible by weight quantization block_n"; 0.5.23 the same.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/layers/quantization/fp8.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.checks.experts_overruled import WHOLE
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import tensor_parallel
from deployer.facts.models.catalogue import shapes
from deployer.facts.models.model import Model
from deployer.finding import Severity

BLOCK = 128
"""Rows and columns that share a scale in every block-wise FP8 checkpoint whose facts are here."""


def find(case: Case) -> Iterator[Problem]:
    """Divide the width of an expert by the GPUs that share it, where the model is known."""
    model, parallel = shapes(case.profile.model.repo), case.profile.parallel
    size = parallel.tp or tensor_parallel(case.profile)
    if model is None or model.experts is None or size is None or not _blocks(model):
        return
    ep = size if case.profile.moe.a2a in WHOLE else parallel.ep or 1
    slices = max(size // ep, 1)
    if model.experts.width % (slices * BLOCK):
        key = ("parallel", "tp") if parallel.tp is not None else ("hardware", "count")
        yield Problem(
            key,
            f"an expert of {model.repo} is {model.experts.width} wide: a slice on each of {slices} "
            f"GPUs ends within an FP8 block of {BLOCK}",
            f"keep experts whole with `parallel.ep: {size}`, or use fewer GPUs",
        )


def _blocks(model: Model) -> bool:
    """Whether scales are by block: one of a whole matrix takes no room beside a byte a weight."""
    return model.precision.method == "fp8" and model.precision.mlp > 1


RULE = Rule(
    "expert-blocks-undivided",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/expert_parallelism.html",
)
