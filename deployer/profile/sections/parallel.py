"""How the model is divided over the GPUs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.section import Section


class Parallel(Section):
    """How the model is divided over the GPUs."""

    tp: Annotated[int | None, Flag("--tp-size", 20), Field(ge=1)] = None
    """Tensor-parallel size. By default all GPUs of the replica divided by `pp`."""

    pp: Annotated[int | None, Flag("--pp-size", 100), Field(ge=1)] = None
    """Pipeline-parallel size: consecutive layers on different GPUs."""

    dp: Annotated[int | None, Flag("--dp-size", 101), Field(ge=1)] = None
    """Data-parallel size. With `dp_attention` the attention layers are divided by requests."""

    dp_attention: Annotated[bool, Flag("--enable-dp-attention", 102)] = False
    """Data parallelism for attention, tensor parallelism for the rest: one KV cache a rank
    instead of a copy on every rank. Needs `dp`."""

    ep: Annotated[int | None, Flag("--ep-size", 103), Field(ge=1)] = None
    """Expert-parallel size: whole experts on different GPUs instead of slices of each."""
