"""Each GPU's slice of an expert, or of another linear layer, is no whole number of FP8 blocks.

Why it hurts: a block of 128 x 128 weights has one scale, so a slice must end where a block ends.
SGLang ends when it makes the first such layer, after the container is scheduled.

Instead of ``-`` write ``+``::

      model:
        repo: Qwen/Qwen3-235B-A22B-FP8
      hardware:
        gpu: H200
        count: 8
    + parallel:
    +   ep: 8

Source: SGLang 0.5.10.post1 ``layers/quantization/fp8.py:815-831``: "The output_size of gate's and
up's weight is not divisible by weight quantization block_n"; 0.5.23 the same.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/layers/quantization/fp8.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.blocks import block, undivided
from deployer.check.checks.experts_overruled import WHOLE
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.compile.derive import attention_ranks, tensor_parallel, tensor_parallel_key
from deployer.facts.models.model import Model
from deployer.finding import Severity

BLOCK = 128
"""Rows and columns that share a scale in every block-wise FP8 checkpoint whose facts are here."""


def find(case: Case) -> Iterator[Problem]:
    """Divide experts and every other linear layer by the GPUs that share them."""
    yield from _experts(case)
    yield from _others(case)


def _others(case: Case) -> Iterator[Problem]:
    """Look at the layers beside experts, as the checkpoint's own configuration gives them."""
    found = case.resolved.subject.architecture
    size = tensor_parallel(case.profile)
    if found.by_name or size is None:
        return
    ranks = size // attention_ranks(case.profile)
    try:
        layers = tuple(undivided(found.name, found.config, size, max(ranks, 1)))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return  # the configuration does not say it
    if layers:
        names = ", ".join(f"`{layer.name}` ({min(layer.slices)} wide)" for layer in layers)
        side = block(found.config)
        yield Problem(
            tensor_parallel_key(case.profile),
            f"divided over {size} GPUs, {names} of {case.profile.model.repo} "
            f"ends within an FP8 block of {side}",
            "use fewer GPUs: halve them until the slices are whole, or take the BF16 checkpoint",
        )


def _experts(case: Case) -> Iterator[Problem]:
    """Divide the width of an expert by the GPUs that share it, where the model is known."""
    model, parallel = case.resolved.subject.model, case.profile.parallel
    size = tensor_parallel(case.profile)
    if model is None or model.experts is None or size is None or not _blocks(model):
        return
    ep = size if case.profile.moe.a2a in WHOLE else parallel.ep or 1
    slices = max(size // ep, 1)
    if model.experts.width % (slices * BLOCK):
        yield Problem(
            tensor_parallel_key(case.profile),
            f"an expert of {model.repo} is {model.experts.width} wide: a slice on each of {slices} "
            f"GPUs ends within an FP8 block of {BLOCK}",
            "use fewer GPUs: halve them until the slices are whole"
            if model.experts.routed % size
            else f"keep experts whole with `parallel.ep: {size}`, or use fewer GPUs",
        )


def _blocks(model: Model) -> bool:
    """Whether scales are by block, and not one for a whole matrix."""
    return model.quantization.block[0] > 0


RULE = Rule(
    "expert-blocks-undivided",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/expert_parallelism.html",
)
