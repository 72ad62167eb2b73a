"""FP8 matrix kernels that the GPU cannot run.

Why it hurts: SGLang takes the flag and ends when it loads the first FP8 layer.

Instead of ``-`` write ``+``::

      hardware:
        gpu: H100
        count: 8
      kernels:
    -   fp8_gemm: flashinfer_trtllm
    +   fp8_gemm: auto

Source: SGLang 0.5.10.post1 ``layers/quantization/fp8_utils.py:375-435`` and
``deep_gemm_wrapper/configurer.py`` (SM90 and later).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.gpus import GPUS
from deployer.finding import Severity

MAJORS = {
    "flashinfer_trtllm": {10},
    "flashinfer_cutlass": {10, 12},
    "flashinfer_deepgemm": {9},
    "cutlass": {9, 10, 12},
    "deep_gemm": {9, 10, 12},
}
"""The major compute capabilities that the kernels run on: 9 is Hopper, 10 B200, 12 RTX PRO."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the kernels of FP8 matrices, and of experts by DeepGEMM, with the GPU."""
    gpu = GPUS.get(case.profile.hardware.gpu)
    if gpu is None:
        return
    asked = [(("kernels", "fp8_gemm"), case.profile.kernels.fp8_gemm)]
    if case.profile.moe.runner == "deep_gemm":
        asked.append((("moe", "runner"), "deep_gemm"))
    for path, value in asked:
        if value in MAJORS and gpu.capability[0] not in MAJORS[value]:
            yield Problem(
                path,
                f"`{value}` does not run on {case.profile.hardware.gpu} (compute capability "
                f"{gpu.capability[0]}.{gpu.capability[1]})",
                "write `auto`, or leave it out: the engine chooses for the hardware",
            )


RULE = Rule(
    "fp8-kernels-elsewhere",
    Severity.ERROR,
    find,
    link="https://docs.sglang.io/advanced_features/server_arguments.html",
)
