"""What GPU memory is used for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.section import Section

KvCacheDtype = Literal[
    "auto", "bfloat16", "bf16", "fp8_e4m3", "fp8_e5m2", "fp4_e2m1", "mxfp8", "nvfp4",
    "fp4_mx_block16",
]  # fmt: skip


class Memory(Section):
    """What GPU memory is used for."""

    mem_fraction_static: Annotated[float | None, Flag("--mem-fraction-static", 500)] = Field(
        default=None, gt=0, lt=1
    )
    """Weights plus KV pool as a share of GPU memory. The rest is for graphs and activations.
    The engine computes its own value where none is given."""

    kv_cache_dtype: Annotated[KvCacheDtype | None, Flag("--kv-cache-dtype", 501)] = None
    """The data type of the KV cache. For sparse-attention models `auto` means FP8 on B200 and
    BF16 on H200, so state it."""

    max_total_tokens: Annotated[int | None, Flag("--max-total-tokens", 530), Field(ge=1)] = None
    """A cap on the whole KV pool, for all requests together; meant for tests. The length of one
    request is `model.context_length`."""

    page_size: Annotated[int | None, Flag("--page-size", 531), Field(ge=1)] = None
    """Tokens in a page of the KV cache."""

    radix_cache: Annotated[bool, Flag("--disable-radix-cache", 532, inverted=True)] = True
    """Reuse the KV cache of common prefixes between requests."""

    hierarchical_cache: Annotated[bool, Flag("--enable-hierarchical-cache", 533)] = False
    """Keep evicted KV pages in host memory (HiCache)."""

    cpu_offload_gb: Annotated[int | None, Flag("--cpu-offload-gb", 534), Field(ge=0)] = None
    """Weights in GB that are kept in host memory."""
