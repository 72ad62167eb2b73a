"""Whether a release must have kernels of DeepGEMM: the exit code of the compilation cannot tell.

``sglang.compile_deep_gemm`` ends with exit code 0 and "finished successfully" where no DeepGEMM is
(measured with 0.5.23 on a CPU). So the cache is looked at. But no kernels at all are right for many
models: SGLang takes DeepGEMM by itself for FP8 weights with scales for blocks of 128, on sm90 and
sm100 (``_dispatch_auto_backend`` of ``srt/layers/quantization/fp8_utils.py``, 0.5.10.post1 and
0.5.23). Only there nothing is a failure; the way out is to say another ``--fp8-gemm-backend``.
"""

from __future__ import annotations

from pathlib import Path

from deployer.behaviour.kernel_key import FLAGS, architecture
from deployer.codec import read_json
from deployer.facts.gpus import GPUS
from deployer.release import Release

ARCHITECTURES = frozenset({"sm90", "sm100"})

BLOCK = 128
"""Input features that share a scale; other layouts go to Triton (``fp8_utils.py``, as above)."""

OFF = frozenset({"0", "false", "no", "n"})
"""How a variable says no (``EnvBool`` in SGLang's ``srt/environ.py``)."""

SWITCH = "SGLANG_ENABLE_JIT_DEEPGEMM"
"""Serving without it uses no kernel; the compilation sets it for itself, whatever is stated."""

OLDEST = (9, 0)
"""The compute capability from which SGLang uses DeepGEMM (``deep_gemm_wrapper/configurer.py``)."""


def unused(release: Release) -> str:
    """Say why the engine would use no kernel at all, so that compiling is wasted; '' if it may."""
    gpu = GPUS.get(release.hardware.gpu)
    if gpu is not None and gpu.capability < OLDEST:
        return (
            f"DeepGEMM needs sm90 or later, and {release.hardware.gpu} is {architecture(release)}"
        )
    stated = [each.value for each in release.environment if each.name == SWITCH]
    return f"{SWITCH} is {stated[-1]}" if stated and stated[-1].lower() in OFF else ""


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
    return found[-1][0] if found and found[-1] else ""


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
