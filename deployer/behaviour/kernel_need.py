"""Whether a release must have kernels of DeepGEMM: the exit code of the compilation cannot tell.

``sglang.compile_deep_gemm`` ends with exit code 0 and "finished successfully" where no DeepGEMM is
(measured with 0.5.23 on a CPU). So the cache is looked at. But no kernels at all are right for many
models: SGLang takes DeepGEMM by itself for FP8 weights with scales for blocks of 128, on sm90 and
sm100 (``_dispatch_auto_backend`` of ``srt/layers/quantization/fp8_utils.py``, 0.5.10.post1 and
0.5.23). Only there nothing is a failure; the way out is to say another ``--fp8-gemm-backend``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deployer.behaviour.kernel_key import FLAGS, architecture
from deployer.codec import read_json
from deployer.facts.gpus import GPUS
from deployer.facts.models.nested import flattened
from deployer.release import Release

ARCHITECTURES = frozenset({"sm90", "sm100"})

BLOCK = 128
"""Input features that share a scale; other layouts go to Triton (``fp8_utils.py``, as above)."""

OFF = frozenset({"0", "false", "no", "n"})
"""How a variable says no (``EnvBool`` in SGLang's ``srt/environ.py``)."""

SWITCH = "SGLANG_ENABLE_JIT_DEEPGEMM"
"""Serving without it uses no kernel; the compilation sets it for itself, whatever is stated."""

BESIDE = "hf_quant_config.json"
"""The file in which some checkpoints say how they are quantized."""

OLDEST = (9, 0)
"""The compute capability from which SGLang uses DeepGEMM (``deep_gemm_wrapper/configurer.py``)."""


PLAIN_METHODS = frozenset({"", "awq", "gptq"})
"""How weights may be stored so that no GEMM of DeepGEMM is chosen by itself: BF16, and integers,
which Marlin multiplies (``layers/quantization/unquant.py``, ``awq.py``, ``gptq.py``, 0.5.23)."""

OF_THEIR_OWN = (
    "index_topk", "index_n_heads", "kv_lora_rank", "compress_ratios", "linear_attn_config",
)  # fmt: skip
"""Keys of models that call DeepGEMM whatever their weights are stored in: indexers of sparse
attention, and forms of latent and linear attention that were not looked at for it."""

ASK_FOR_IT = (
    "quantization", "model_override", "moe_a2a", "draft_model", "draft_quantization",
    "draft_moe_a2a", "two_batches",
)  # fmt: skip
"""Names of :data:`FLAGS` that can bring DeepGEMM in where the weights alone do not."""

BACKENDS = ("moe_runner", "fp8_gemm", "bf16_gemm", "draft_moe_runner", "attention")
"""Names of :data:`FLAGS` that choose kernels: `deep_gemm` in one of them asks for it."""


def unused(release: Release, config: Mapping[str, Any] | None = None) -> str:
    """Say why the engine would use no kernel at all, so that compiling is wasted; '' if it may.

    ``config`` is the model's own configuration, None where it is not known.
    """
    gpu = GPUS.get(release.hardware.gpu)
    if gpu is not None and gpu.capability < OLDEST:
        return (
            f"DeepGEMM needs sm90 or later, and {release.hardware.gpu} is {architecture(release)}"
        )
    stated = [each.value for each in release.environment if each.name == SWITCH]
    if stated and stated[-1].lower() in OFF:
        return f"{SWITCH} is {stated[-1]}"
    return _plain(release, config) if config else ""


def config_at(folder: Path) -> Mapping[str, Any] | None:
    """Read a model's configuration, and the file beside it that says how it is quantized."""
    try:
        config = read_json((folder / "config.json").read_text(encoding="utf-8"), constants=True)
    except (OSError, ValueError):
        return None
    if not isinstance(config, dict):
        return None
    beside = (folder / BESIDE).is_file()
    return {**config, "quantization_config": {"quant_method": BESIDE}} if beside else config


def _plain(release: Release, config: Mapping[str, Any]) -> str:
    """Say that weights are stored so, and nothing asks for DeepGEMM; '' where something may."""
    whole = flattened(config)
    if not whole.get("architectures") or whole.get("compression_config"):
        return ""  # nothing says what it is, or how it is stored
    if any(whole.get(key) for key in OF_THEIR_OWN):
        return ""
    said = whole.get("quantization_config") or {}
    method = str(said.get("quant_method", "unknown")) if said else ""
    if method not in PLAIN_METHODS or any(_value(release, name) for name in ASK_FOR_IT):
        return ""
    if any("deep" in _value(release, name) for name in BACKENDS):
        return ""
    stored = f"in {method.upper()}" if method else "unquantized"
    return f"the weights are {stored}, for which the engine takes no kernel of DeepGEMM"


def expected(release: Release) -> str:
    """Say why there must be kernels; '' where none may be right, or where nobody can tell."""
    gpu = GPUS.get(release.hardware.gpu)
    if gpu is None or gpu.architecture not in ARCHITECTURES:
        return ""
    if (_value(release, "fp8_gemm") or "auto") not in {"auto", "deep_gemm"}:
        return ""
    block = _weight_block(Path(release.model.path))
    if not block or block[-1] != BLOCK:
        return ""
    shape = "x".join(map(str, block))
    return f"the weights are FP8 with a scale for each block of {shape}, on {gpu.architecture}"


def _value(release: Release, name: str) -> str:
    found = [each.values for each in release.arguments if each.flag in FLAGS[name]]
    return (found[-1][0] if found[-1] else "on") if found else ""


def _weight_block(model: Path) -> tuple[int, ...]:
    """Give the block of FP8 weights as the model's config.json states it; () for all others."""
    try:
        config = read_json((model / "config.json").read_text(encoding="utf-8"), constants=True)
        stated = config["quantization_config"]
        if stated["quant_method"] != "fp8":
            return ()
        return tuple(int(size) for size in stated["weight_block_size"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
