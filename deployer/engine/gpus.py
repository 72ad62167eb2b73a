"""Which GPU is pretended for a profile."""

from __future__ import annotations

from deployer.errors import Failure
from deployer.facts.gpus import GPUS, Gpu


def gpu_of(kind: str) -> Gpu | None:
    """Give the GPU of a profile's ``hardware.gpu``; None for a CPU.

    Raises Failure for a kind that nothing is known of.
    """
    if kind == "none":
        return None
    if kind not in GPUS:
        message = f"nothing is known of the GPU {kind}, so it cannot be pretended"
        raise Failure(message, hint=f"Known are {', '.join(GPUS)}")
    return GPUS[kind]
