"""Attention kernels for another kind of attention than the model's.

Why it hurts: kernels of latent attention (MLA) refuse a model with plain heads, and the other way
round, after the weights are loaded.

Instead of ``-`` write ``+``::

      model:
        repo: Qwen/Qwen3-32B
      hardware:
        gpu: B200
        count: 2
      kernels:
    -   attention: trtllm_mla
    +   attention: trtllm_mha

Source: SGLang 0.5.10.post1 ``layers/attention/attention_registry.py:51,158``: "can only be used
with MLA models", "with non-MLA models"; 0.5.23 the same.
https://github.com/sgl-project/sglang/blob/v0.5.10.post1/python/sglang/srt/layers/attention/attention_registry.py
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

LATENT = frozenset(
    {"trtllm_mla", "cutedsl_mla", "tokenspeed_mla", "cutlass_mla", "flashmla", "nsa", "dsa"}
)
PLAIN = frozenset({"trtllm_mha", "hpc_ops"})


def find(case: Case) -> Iterator[Problem]:
    """Compare the kernels with the model's attention, where the model is known."""
    model, asked = case.resolved.subject.model, case.profile.kernels.attention
    if model is None or asked not in (PLAIN if model.latent else LATENT):
        return
    kind = "latent attention (MLA)" if model.latent else "plain heads, not latent attention (MLA)"
    yield Problem(
        ("kernels", "attention"),
        f"`{asked}` does not compute the attention of {model.repo}, which has {kind}",
        "leave it out: the engine chooses for the model",
    )


RULE = Rule(
    "attention-of-another-kind",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/attention_backend.html",
)
