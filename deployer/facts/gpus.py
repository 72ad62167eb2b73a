"""The GPUs that a profile may name: what a driver says of them, which is all that an engine asks.

Where one of Modal's names stands for several boards, it is the one that Modal runs.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB_PER_GIB = 1024
GIB = 1024**3
"""Bytes."""

TAKEN_ALONE_GIB, TAKEN_PAIR_GIB, TAKEN_LINKED_GIB, TAKEN_BUS_GIB = 1.33, 2.22, 2.5, 1.6
"""Memory that a process has taken before it loads weights: one GPU alone (the CUDA context: 139.07
to 139.11 GiB free of 140.40 on an H200, 37 starts of two releases); two joined by NVLink (138.16 to
138.18 free of 140.40 on either of 2 H200, 15 starts of 0.5.17: NCCL takes 0.97 and the engine's own
all-reduce 0.10, without NVLink multicast); more of them (12.25 free after 125.65 of weights on 8
H200, the log of https://github.com/SemiAnalysisAI/InferenceX/issues/2128); GPUs on a PCIe bus,
which have no such all-reduce (94.01 free of 95.59 on 4 RTX PRO 6000,
https://github.com/sgl-project/sglang/issues/40558)."""

PAIR = 2

_MODAL = "nvidia-smi on Modal, https://github.com/modal-labs/modal-client/pull/2797"
_B200 = "nvidia-smi in https://github.com/sgl-project/sglang/issues/27487"
_H200 = "nvidia-smi in https://github.com/sgl-project/sglang/issues/3196"
_B300 = "ai-dynamo/aiconfigurator, systems/b300_sxm.yaml (275040MiB, sm_version 103)"
_PRO = "https://github.com/vllm-project/recipes/pull/831 (RTX PRO 6000 Blackwell)"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One kind of GPU: the driver's name, the memory of ``nvidia-smi`` in MiB, the capability.

    ``source`` is the evidence for the memory; compute capabilities are those of
    https://developer.nvidia.com/cuda-gpus.
    """

    name: str
    memory: int
    capability: tuple[int, int]
    source: str

    @property
    def architecture(self) -> str:
        """The family of kernels that it runs: ``sm100`` for B200 and B300."""
        return f"sm{self.capability[0]}0"

    @property
    def linked(self) -> bool:
        """Whether Modal joins several of them by NVLink: the boards of the SXM form."""
        return self.capability in {(8, 0), (9, 0), (10, 0), (10, 3)}

    def usable_gib(self, ranks: int) -> float:
        """Give the GiB that an engine on ``ranks`` of them finds free before it loads anything."""
        linked = TAKEN_PAIR_GIB if ranks == PAIR else TAKEN_LINKED_GIB
        several = linked if self.linked else TAKEN_BUS_GIB
        return self.memory / MIB_PER_GIB - (TAKEN_ALONE_GIB if ranks == 1 else several)


GPUS = {
    "T4": Gpu("Tesla T4", 15_360, (7, 5), _MODAL),
    "L4": Gpu("NVIDIA L4", 23_034, (8, 9), _MODAL),
    "A10": Gpu("NVIDIA A10", 23_028, (8, 6), _MODAL),
    "A100-40GB": Gpu("NVIDIA A100-SXM4-40GB", 40_960, (8, 0), _MODAL),
    "A100-80GB": Gpu("NVIDIA A100-SXM4-80GB", 81_920, (8, 0), _MODAL),
    "L40S": Gpu("NVIDIA L40S", 46_068, (8, 9), _MODAL),
    "RTX-PRO-6000": Gpu("NVIDIA RTX PRO 6000 Blackwell Server Edition", 97_887, (12, 0), _PRO),
    "H100": Gpu("NVIDIA H100 80GB HBM3", 81_559, (9, 0), _MODAL),
    "H100!": Gpu("NVIDIA H100 80GB HBM3", 81_559, (9, 0), _MODAL),
    "H200": Gpu("NVIDIA H200", 143_771, (9, 0), _H200),
    "B200": Gpu("NVIDIA B200", 183_359, (10, 0), _B200),
    "B300": Gpu("NVIDIA B300 SXM6 AC", 275_040, (10, 3), _B300),
}
"""By the name of `hardware.gpu`, which is Modal's."""

GIVEN_INSTEAD = {"H100": ("H200",)}
"""What Modal may give in place of what was asked for, at the same price: its guide on GPUs
(https://modal.com/docs/guide/gpu, automatic upgrades). `H100!` declines it."""
