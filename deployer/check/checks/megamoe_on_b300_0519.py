"""MegaMoE on B300 with SGLang 0.5.19, whose DeepGEMM fails there.

Why it hurts: `CUDA_ERROR_ILLEGAL_ADDRESS` in the experts' kernels ends the server; the DeepGEMM of
0.5.18 does not.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.19
    +   version: 0.5.18
      hardware:
        gpu: B300
        count: 8
      moe:
        a2a: megamoe

Source: sgl-project/sglang#37559 (read: open, September 2026: sgl-deep-gemm 0.1.7 crashes in the
MXFP8 by FP4 path, 0.1.5.post3 works); measured in the wheels: 0.5.19 pins 0.1.7, 0.5.18 pins
0.1.5.post3 and 0.5.20 pins 0.2.0. That 0.5.20 ends it is an inference: upstream does not say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity

FLAGS = ("--moe-a2a-backend", "--moe-runner-backend")


def find(case: Case) -> Iterator[Problem]:
    """Look for MegaMoE as the experts' kernels or as what carries tokens to them."""
    for flag in FLAGS:
        found = case.said.option(flag)
        if found is not None and found.value == "megamoe":
            yield Problem(
                found.path,
                "MegaMoE crashes on B300 with the DeepGEMM of SGLang 0.5.19",
                "take 0.5.18, or 0.5.20 or later",
            )
            return


RULE = Rule(
    "megamoe-on-b300-0519",
    Severity.WARNING,
    find,
    link="https://github.com/sgl-project/sglang/issues/37559",
    engines=Engines("0.5.19", "0.5.20"),
    gpus=("B300",),
    inferred=True,
)
