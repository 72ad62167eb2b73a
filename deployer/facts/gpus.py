"""GPUs as an engine sees them: how much memory one has, and which kernels it can run."""

from __future__ import annotations

from dataclasses import dataclass

MIB_PER_GIB = 1024

TAKEN_BEFORE_LOAD_GIB = 1.5
"""Memory that a process has taken before it loads weights (CUDA context, NCCL). An assumption:
nobody published the figure, and the pools that follow from it agree with the two that were
published for H200 (297K tokens with BF16, 464,256 with FP8, for which this gives 296K and 482K)."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU: Modal's name for it, its memory as `nvidia-smi` shows it, and its architecture."""

    name: str
    memory_mib: int
    architecture: str

    @property
    def usable_gib(self) -> float:
        """The GiB that an engine finds free before it loads anything."""
        return self.memory_mib / MIB_PER_GIB - TAKEN_BEFORE_LOAD_GIB


GPUS = {
    gpu.name: gpu
    for gpu in (
        Gpu("B200", 183_359, "sm100"),
        Gpu("H200", 143_771, "sm90"),
    )
}
"""The GPUs whose memory is known here, by Modal's name. Source: `nvidia-smi` of both, as the memory
figures of SGLang's own issues and recipes for them show it."""
