"""DeepSeek-V4's FP4 experts behind an all-to-all backend, on a GPU before Blackwell.

Why it hurts: they run through DeepGEMM's packed FP4 kernels, which exist for SM100 only. The server
loads all weights and ends when it captures its graphs, with an assertion and remedies that do not
help.

Instead of ``-`` write ``+``::

      model:
        repo: deepseek-ai/DeepSeek-V4-Flash
      engine:
        version: 0.5.18
      hardware:
        gpu: H200
        count: 8
    - moe:
    -   a2a: deepep

Source: sgl-project/sglang#35557 (read: `arch_major == 10` in DeepGEMM, August 2026, open) and its
pull request 35558 (read: on Hopper the FP4 checkpoint runs tensor-parallel on Marlin, the FP8 one
with DeepEP).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.families import has_fp8_weights
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

EXCHANGES = frozenset({"deepep", "megamoe"})


def find(case: Case) -> Iterator[Problem]:
    """Look for an all-to-all backend that takes FP4 experts to DeepGEMM."""
    exchange = case.said.option("--moe-a2a-backend")
    if exchange is not None and exchange.value in EXCHANGES and not has_fp8_weights(case):
        yield Problem(
            exchange.path,
            f"with `{exchange.value}` the FP4 experts of DeepSeek-V4 need SM100, and the replica "
            f"has {case.profile.hardware.gpu}",
            "leave it out, or take the FP8 checkpoint of sgl-project",
        )


RULE = Rule(
    "deepseek-v4-exchange-on-hopper",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/35557",
    gpus=("sm90",),
    architectures=("DeepseekV4ForCausalLM",),
)
