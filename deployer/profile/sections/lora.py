"""LoRA adapters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.names import AdapterName, AdapterSource
from deployer.profile.section import Section


class Lora(Section):
    """Adapters of the model, each asked for by a name of its own."""

    adapters: Annotated[dict[AdapterName, AdapterSource], Flag("--lora-paths", 480)] = Field(
        default_factory=dict
    )
    """The adapters by the names that clients ask for after the model's, as in `glm:sql`:
    `sql: OWNER/NAME@REVISION`, best with a commit. Each is downloaded, proven and mounted like the
    model. An absolute path is a folder that you fill."""

    max_per_batch: Annotated[int | None, Flag("--max-loras-per-batch", 481), Field(ge=1)] = None
    """How many adapters a running batch may hold, requests without one included."""

    max_rank: Annotated[int | None, Flag("--max-lora-rank", 482), Field(ge=1)] = None
    """The largest rank; by default the largest of the adapters that are listed."""

    backend: Annotated[
        Literal["triton", "csgmv", "ascend", "torch_native", "triton_v2"] | None,
        Flag("--lora-backend", 483),
    ] = None
    """The kernels that compute adapters."""
