"""The image's CUDA is older than the GPU.

Why it hurts: its compiler and libraries do not know the GPU: the engine ends with `no kernel image
is available`, or when it compiles the first kernel.

Instead of ``-`` write ``+``::

      hardware:
        gpu: B200
        count: 8
      engine:
        version: 0.5.10.post1
    -   image: lmsysorg/sglang:v0.5.10.post1-cu126
    +   image: lmsysorg/sglang:v0.5.10.post1-cu130

Source: NVIDIA, CUDA features archive: 12.8 brought compute capability 10.0 and 12.0, 12.9 brought
10.3; 11.8 brought 9.0 and 8.9.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.check.image import image
from deployer.check.rule import Problem, Rule
from deployer.compile.case import Case
from deployer.facts.gpus import GPUS
from deployer.finding import Severity

FIRST_CUDA = {
    (10, 3): (12, 9),
    (10, 0): (12, 8),
    (12, 0): (12, 8),
    (9, 0): (11, 8),
    (8, 9): (11, 8),
}
"""The first CUDA that compiles for a compute capability."""


def find(case: Case) -> Iterator[Problem]:
    """Compare the CUDA that the tag says with the first one for the GPU."""
    found, gpu = image(case.profile.engine.image), GPUS.get(case.profile.hardware.gpu)
    if found is None or found.cuda is None or gpu is None:
        return
    first = FIRST_CUDA.get(gpu.capability)
    if first is not None and found.cuda < first:
        yield Problem(
            ("engine", "image"),
            f"the image has CUDA {_said(found.cuda)}, and {case.profile.hardware.gpu} needs "
            f"{_said(first)} or later",
            "choose the image with CUDA 13, `-cu130`",
        )


def _said(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


RULE = Rule(
    "cuda-below-gpu",
    Severity.ERROR,
    find,
    link="https://docs.nvidia.com/cuda/cuda-features-archive/",
)
