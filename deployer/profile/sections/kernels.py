"""Which kernels compute attention, sampling, grammars and matrix products."""

from __future__ import annotations

from typing import Annotated, Literal

from deployer.profile.flag import Flag
from deployer.profile.section import Section

AttentionBackend = Literal[
    "nsa", "dsa", "fa3", "fa4", "flashinfer", "flashmla", "cutlass_mla", "trtllm_mla",
    "trtllm_mha", "triton", "torch_native", "flex_attention", "dual_chunk_flash_attn", "qsa",
    "dsv4", "compressed", "cutedsl_mla", "tokenspeed_mla", "hpc_ops", "minicpm_flashattn",
    "minicpm_flashinfer", "llada2_cfg_flashinfer", "aiter", "wave", "intel_amx", "intel_xpu",
    "ascend",
]  # fmt: skip
SparseBackend = Literal[
    "flashmla_sparse", "flashmla_sparse_q8", "flashmla_kv", "flashmla_auto",
    "flashinfer_sparse_mla", "fa3", "tilelang", "triton", "trtllm", "aiter",
    "intel_xpu",
]  # fmt: skip
PrefillBackend = Literal[SparseBackend, "triton_sparse_mla"]


class Kernels(Section):
    """Which kernels compute what. What is left out, the engine chooses for the hardware."""

    attention: Annotated[
        AttentionBackend | None,
        Flag("--attention-backend", 200),
    ] = None
    """The attention kernels. `nsa` (DeepSeek sparse attention) is called `dsa` from 0.5.13 on;
    either name compiles to the one that the pinned release knows."""

    decode: Annotated[
        SparseBackend | None,
        Flag("--dsa-decode-backend", 201),
    ] = None
    """The sparse-attention kernels of the decode phase. `trtllm` needs SM100 (B200)."""

    prefill: Annotated[
        PrefillBackend | None,
        Flag("--dsa-prefill-backend", 202),
    ] = None
    """The sparse-attention kernels of the prefill phase. With a BF16 KV cache on SM100 SGLang's
    own choice is `flashmla_sparse`."""

    sampling: Annotated[
        Literal["flashinfer", "pytorch", "ascend", "intel_xpu"] | None,
        Flag("--sampling-backend", 203),
    ] = None
    """The kernels of the sampling layers."""

    grammar: Annotated[
        Literal["xgrammar", "outlines", "llguidance", "none"] | None, Flag("--grammar-backend", 204)
    ] = None
    """The grammar engine behind JSON mode and structured output."""

    fp8_gemm: Annotated[
        Literal[
            "auto", "deep_gemm", "flashinfer_trtllm", "flashinfer_cutlass", "flashinfer_deepgemm",
            "flashinfer_cutedsl", "cutlass", "triton", "aiter",
        ]
        | None,
        Flag("--fp8-gemm-backend", 205),
    ] = None  # fmt: skip
    """The kernels of block-wise FP8 matrix products. `auto` prefers DeepGEMM on SM90 and SM100."""

    allreduce_fusion: Annotated[
        bool | None,
        Flag(
            "--enable-flashinfer-allreduce-fusion",
            220,
            off="--enforce-disable-flashinfer-allreduce-fusion",
        ),
    ] = None
    """Fuse the all-reduce of tensor parallelism with residual add and RMSNorm (FlashInfer, one
    node). `false` forbids it where the engine would turn it on by itself."""

    cuda_graph: Annotated[bool, Flag("--disable-cuda-graph", 221, inverted=True)] = True
    """Capture CUDA graphs for decoding. `false` starts faster and decodes slower."""
