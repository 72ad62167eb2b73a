"""The GPUs that the engine's kernels are built for."""

from __future__ import annotations

from deployer.facts.gpus import Gpu

OLDEST = (8, 0)
"""The oldest compute capability that all kernels are built for. 0.5.23's own guard still admits 7.5
(``model_executor/model_runner_components/load_model_utils.py:91``), and its wheel of kernels has no
image for it: sgl-project/sglang#24224 (T4), 24302 and 38515 (2080), with 0.5.10 to 0.5.18."""


def has_kernels(gpu: Gpu) -> bool:
    """Whether the engine's kernels run on a GPU."""
    return gpu.capability >= OLDEST
