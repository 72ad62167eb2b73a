"""How mixture-of-experts layers are computed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deployer.profile.flag import Flag
from deployer.profile.section import Section

MoeRunner = Literal[
    "auto", "deep_gemm", "triton", "triton_kernel", "flashinfer_trtllm",
    "flashinfer_trtllm_routed", "flashinfer_cutlass", "flashinfer_mxfp4", "flashinfer_cutedsl",
    "flashinfer_megamoe", "megamoe", "cutlass", "marlin", "humming", "experimental_sgl_trtllm",
    "experimental_sgl_marlin", "lora_cutedsl", "lora_triton", "lora_marlin", "hpc_ops", "aiter",
    "intel_xpu",
]  # fmt: skip


class Moe(Section):
    """How mixture-of-experts layers are computed."""

    runner: Annotated[MoeRunner | None, Flag("--moe-runner-backend", 210)] = None
    """The kernels of the experts. `flashinfer_trtllm` needs SM100 (B200)."""

    a2a: Annotated[
        Literal[
            "none", "deepep", "deepep_v2", "mooncake", "nixl", "mori", "flashinfer",
            "flashinfer_megamoe", "megamoe", "pplx", "ascend_fuseep", "ascend_tp",
        ]
        | None,
        Flag("--moe-a2a-backend", 211),
    ] = None  # fmt: skip
    """The all-to-all that carries tokens to their experts under expert parallelism."""

    deepep_mode: Annotated[
        Literal["auto", "normal", "low_latency"] | None, Flag("--deepep-mode", 212)
    ] = None
    """DeepEP's mode: `normal` for prefill, `low_latency` for decode, `auto` for each its own."""

    redundant_experts: Annotated[int | None, Flag("--ep-num-redundant-experts", 213)] = Field(
        default=None, ge=0
    )
    """Extra copies of busy experts, for balance under expert parallelism."""
