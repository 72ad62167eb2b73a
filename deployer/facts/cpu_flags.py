"""Which options of SGLang a CPU honors: what a rehearsal on this machine passes, and leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deployer.facts.cpu import ENDED
from deployer.facts.sglang.powers import of_option

_KERNELS = "it chooses among kernels of GPUs"
_GPUS = "it is about several GPUs, and here is one process on a CPU"
_GRAPHS = "there are no CUDA graphs on a CPU"
_STANDIN = "a tiny model stands for it"
_DRAFT = "a draft does not start on a CPU, and what belongs to it is of no use"
_SPARSE = "the model's sparse attention does not start on a CPU"


@dataclass(frozen=True, slots=True)
class Unhonored:
    """Options by how their names begin, why a CPU does not honor them, and values that it does."""

    beginnings: tuple[str, ...]
    why: str
    fine: tuple[str, ...] = ()


UNHONORED = (
    Unhonored(("--model-path", "--tokenizer-path", "--revision", "--download-dir"), _STANDIN),
    Unhonored(("--load-format", "--model-loader-extra-config", "--weight-loader"),
              "there are no weights to load: they are noise"),
    Unhonored(("--json-model-override-args", "--preferred-sampling-params"),
              "it is made for the model's own config"),
    Unhonored(("--lora", "--enable-lora", "--max-lora", "--max-loaded-loras", "--uno-lora",
               "--experts-shared-outer-loras"), "adapters fit the shapes of the model itself"),
    Unhonored(("--device", "--base-gpu-id", "--gpu-id-step", "--host", "--port", "--config",
               "--nccl-port", "--gated-launch-port", "--grpc", "--smg-", "--ssl-",
               "--enable-ssl-refresh", "--use-ray"), "this machine decides it"),
    Unhonored(("--max-total-tokens",),
              "the pool is small here, for it comes out of this machine's memory"),
    Unhonored(("--attention-backend", "--prefill-attention-backend", "--decode-attention-backend",
               "--mm-attention-backend"), _KERNELS, ("torch_native",)),
    Unhonored(("--sampling-backend",), _KERNELS, ("pytorch",)),
    Unhonored(("--dsa-", "--nsa-", "--enable-dsa", "--enable-nsa"), _SPARSE),
    Unhonored(("--moe-runner-backend", "--moe-a2a-backend", "--fp8-gemm", "--fp4-gemm",
               "--bf16-gemm", "--mamba-backend", "--linear-attn-", "--dsv4-", "--monokernel-"),
              _KERNELS, ("auto", "none")),
    Unhonored(("--enable-flashinfer-", "--flashinfer-", "--disable-flashinfer-",
               "--enforce-disable-flashinfer-", "--triton-attention-", "--enable-lean-attention",
               "--enable-fused-", "--enable-deepseek-v4", "--enable-nvidia-", "--enable-megamoe",
               "--enable-w4a4", "--enable-amd-", "--enable-aiter", "--enable-hisparse",
               "--hisparse-", "--kt-", "--enable-tf32", "--qsa-", "--prefill-kv-cache-dequant"),
              _KERNELS),
    Unhonored(("--quantization", "--quantize-and-serve", "--modelopt-", "--torchao-config"),
              "the tiny model's weights are not quantized: those kernels are for GPUs"),
    Unhonored(("--kv-cache-dtype",), _KERNELS, ("auto", "bfloat16", "bf16")),
    Unhonored(("--cuda-graph-", "--disable-cuda-graph", "--enable-profile-cuda-graph",
               "--disable-prefill-cuda-graph", "--disable-decode-cuda-graph", "--debug-cuda-graph",
               "--enable-cudagraph", "--piecewise-cuda-graph", "--enable-piecewise-cuda-graph",
               "--disable-piecewise-cuda-graph", "--enable-breakable-cuda-graph",
               "--enable-torch-compile", "--torch-compile-"), _GRAPHS),
    Unhonored(("--speculative-", "--enable-multi-layer-eagle"), _DRAFT),
    Unhonored(("--enable-hierarchical-cache", "--hicache-", "--enable-lmcache"),
              "it asks torch for CUDA, and torch was built without"),
    Unhonored(("--cpu-offload-gb", "--offload-", "--ple-offload", "--enable-memory-saver",
               "--enable-weights-cpu-backup", "--enable-draft-weights-cpu-backup"),
              "there is no GPU to offload from"),
    Unhonored(("--nnodes", "--node-rank", "--dist-", "--enable-dp-", "--attn-", "--moe-dense-tp",
               "--moe-dp-size", "--dwdp-size", "--load-balance-method", "--enable-cp-",
               "--disable-custom-all-reduce", "--enable-mscclpp", "--enable-nccl",
               "--pre-warm-nccl", "--enable-symm-mem", "--enable-torch-symm-mem",
               "--enable-p2p-check", "--deepep-",
               "--enable-eplb", "--eplb-", "--ep-num-", "--ep-dispatch-", "--init-expert-",
               "--elastic-ep", "--enable-elastic", "--max-ep-size", "--fuseep-", "--mooncake-",
               "--enable-waterfill", "--enable-two-batch", "--enable-single-batch", "--tbo-",
               "--enable-prefill-cp", "--cp-", "--dcp-", "--numa-node", "--disaggregation-",
               "--enable-pd", "--pdmux-", "--pp-max", "--pp-async", "--enable-kv-cache-sharding",
               "--enable-tp-lm-head", "--enable-attn-tp", "--disable-attn-tp",
               "--enable-shared-experts-attn-tp", "--shared-experts-tp", "--enable-dense-mlp-attn",
               "--enable-layernorm-sp", "--enable-quant-communications"), _GPUS),
)  # fmt: skip
"""What is left out. Sources: :data:`~deployer.facts.cpu.ENDED`, and the options' own help in the
catalogue of 0.5.23. What is not here, and can reach nothing beside the server
(:mod:`~deployer.facts.sglang.powers`), is passed."""


def unhonored(flag: str, values: Iterable[str]) -> str:
    """Say why a CPU does not honor an option with its values; '' where it is to be passed."""
    given = tuple(values)
    for row in UNHONORED:
        if flag.startswith(row.beginnings) and not (given and set(given) <= set(row.fine)):
            return row.why
    for one in ENDED:
        if one.flag == flag and _is_tried(given, one.values):
            return one.why or f"it needs `{one.package}`, which is not in the engine's environment"
    if (held := of_option(flag, known=True)) is not None:
        return f"{held.reason}: that is not for this machine"
    return ""


def _is_tried(given: tuple[str, ...], ended: tuple[str, ...]) -> bool:
    if ended == ("",):
        return True
    if ended:
        return bool(set(given) & set(ended))
    return any(value.isdecimal() and int(value) > 1 for value in given)
