"""How weights are read into the GPUs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.section import Section


class Loading(Section):
    """How weights are read into the GPUs, beside `model.load_format`."""

    threads: Annotated[int | None, Field(ge=0, le=128)] = None
    """Threads of each rank that read shards at a time, 0 for one shard after another. SGLang's own
    is 8 from 0.5.10 on."""

    prefetch: Annotated[bool | None, Flag("--weight-loader-prefetch-checkpoints", 74)] = None
    """Read the shards into the page cache ahead of the loader, each rank a part of them, from
    0.5.11 on. It is for network file systems; what is read past the page cache has no use of it."""

    prefetch_threads: Annotated[int | None, Flag("--weight-loader-prefetch-num-threads", 75)] = (
        Field(default=None, ge=1, le=128)
    )
    """Threads of each rank that read ahead."""

    gds: bool | None = None
    """Let `fastsafetensors` read by GPUDirect Storage. Modal's containers have none, so there it is
    `false` where nothing is stated; SGLang can be told so from 0.5.17 on."""

    concurrency: Annotated[int | None, Field(ge=1, le=1024)] = None
    """Reads at a time of `runai_streamer`."""
