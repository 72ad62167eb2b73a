"""What one replica runs on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deployer.profile.section import Section


class Hardware(Section):
    """The accelerators of one replica."""

    gpu: Literal[
        "none", "T4", "L4", "A10", "A100-40GB", "A100-80GB", "L40S", "RTX-PRO-6000",
        "H100", "H100!", "H200", "B200", "B300",
    ]  # fmt: skip
    """The GPU type by Modal's name; `H100!` refuses the upgrade to an H200; `none` is a CPU."""

    count: Annotated[int, Field(ge=0, le=8)]
    """GPUs of one replica: at most 8 in one container on Modal, 0 with `gpu: none`."""
