"""GLM-5 in FP8 on B300 with SGLang 0.5.12, whose DeepGEMM fails there.

Why it hurts: every start ends with `CUDA_ERROR_ILLEGAL_ADDRESS` in `fp8_fp4_gemm_nt` while graphs
are captured, after the weights are loaded.

Instead of ``-`` write ``+``::

      engine:
    -   version: 0.5.12
    +   version: 0.5.11
      model:
        repo: zai-org/GLM-5-FP8
      hardware:
        gpu: B300
        count: 8

Source: sgl-project/sglang#25551 (read: May 2026, closed as inactive; a comment names other FP8
kernels as the way around) and SemiAnalysisAI/InferenceX#1463 (read: every run); #26541 (read: the
same on B200 with a development image, mended by a newer DeepGEMM). That 0.5.13 ends it is an
inference.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Engines, Mitigation, Problem, Rule, one_of
from deployer.compile.case import Case
from deployer.finding import Severity

FLAG = "--fp8-gemm-backend"


def find(case: Case) -> Iterator[Problem]:
    """Look for DeepGEMM, stated or the engine's own choice on SM100."""
    kernels = case.said.option(FLAG)
    if kernels is None or kernels.value in {"auto", "deep_gemm"}:
        yield Problem(
            kernels.path if kernels is not None else ("engine", "version"),
            "DeepGEMM of SGLang 0.5.12 crashes with GLM-5 in FP8 on B300",
            "take 0.5.11, or 0.5.13 or later; or write `kernels.fp8_gemm: cutlass`",
        )


RULE = Rule(
    "deepgemm-on-b300-0512",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/25551",
    engines=Engines("0.5.12", "0.5.13"),
    gpus=("B300",),
    models=("GLM-5-FP8", "GLM-5.1-FP8"),
    mitigation=Mitigation(
        "FP8 products without DeepGEMM", lambda case: one_of(case.said.option(FLAG), "cutlass")
    ),
    inferred=True,
)
