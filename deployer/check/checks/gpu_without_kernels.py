"""The engine's kernels are not built for the GPU.

Why it hurts: SGLang's own guard lets it through, loads the weights, and ends with "no kernel image
is available for execution on the device".

Instead of ``-`` write ``+``::

      hardware:
    -   gpu: T4
    +   gpu: L4
        count: 1

Source: sgl-project/sglang#24224 (read: four T4; neither other attention nor other sampling helps),
24302 and 38515 (read: kernels of the wheel without an image for compute capability 7.5).
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.behaviour.gpus import OLDEST, has_kernels
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.finding import Severity


def find(case: Case) -> Iterator[Problem]:
    """Compare the GPU's capability with the oldest that kernels are built for."""
    gpu = case.resolved.subject.gpu
    if gpu is not None and not has_kernels(gpu):
        own, oldest = (".".join(map(str, one)) for one in (gpu.capability, OLDEST))
        yield Problem(
            ("hardware", "gpu"),
            f"{case.profile.hardware.gpu} has compute capability {own}, and SGLang's kernels are "
            f"built for {oldest} and later",
            "write `L4` or `A10`, or another GPU that is not older",
        )


RULE = Rule(
    "gpu-without-kernels",
    Severity.ERROR,
    find,
    link="https://github.com/sgl-project/sglang/issues/24224",
)
