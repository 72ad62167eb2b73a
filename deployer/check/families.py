"""What kind of model and weights a check is about, as the checkpoint's own configuration says it.

Only where nothing is known of a repository its name decides, as
:mod:`deployer.behaviour.architecture` has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deployer.compile.case import Case

LINEAR = frozenset({
    "Qwen3NextForCausalLM", "Qwen3_5ForConditionalGeneration",
    "Qwen3_5MoeForConditionalGeneration", "Qwen3_5ForCausalLM", "Qwen3_5MoeForCausalLM",
    "KimiLinearForCausalLM", "NemotronHForCausalLM", "FalconH1ForCausalLM",
    "GraniteMoeHybridForCausalLM", "Lfm2ForCausalLM", "Lfm2MoeForCausalLM",
    "JetNemotronForCausalLM", "BailingMoeV2_5ForCausalLM",
})  # fmt: skip
"""Architectures whose layers are partly linear attention or Mamba (0.5.23
``arg_groups/overrides.py``, ``_MAMBA_RADIX_CACHE_ARCHS``)."""

WINDOWED = frozenset({"GptOssForCausalLM", "MiMoV2FlashForCausalLM", "Step3p5ForCausalLM"})
"""Architectures of which every published checkpoint has sliding windows."""

NVFP4 = re.compile(r"(?i)(^|[-_.])nv?fp4([-_.]|$)")
FP8 = re.compile(r"(?i)(^|[-_.])fp8([-_.]|$)")


def has_linear_layers(case: Case) -> bool:
    """Whether some layers keep a state instead of keys and values."""
    return case.resolved.subject.architecture.name in LINEAR


def has_windows(case: Case) -> bool:
    """Whether some layers look at the last tokens only."""
    found = case.resolved.subject.architecture
    if found.by_name:
        return found.name in WINDOWED
    kinds = found.config.get("layer_types")
    stated = isinstance(kinds, list) and "sliding_attention" in kinds
    return stated or found.name in WINDOWED


def is_nvfp4(case: Case) -> bool:
    """Whether the weights are NVFP4."""
    said = _quantization(case)
    if said is None:
        return NVFP4.search(case.profile.model.repo) is not None
    return "NVFP4" in str(said.get("quant_algo", "")).upper()


def has_fp8_weights(case: Case) -> bool:
    """Whether experts, too, are FP8: not where a name or a configuration speaks of FP4."""
    found = case.checkpoints.model
    if found is None or found.model is None:
        return FP8.search(case.profile.model.repo) is not None
    stored = found.model.quantization
    experts = stored.each("layers.#.mlp.experts.0.gate_proj", found.model.layers - 1)
    return stored.method == "fp8" and experts >= 1


def _quantization(case: Case) -> Mapping[str, Any] | None:
    """Give what the configuration says of it; None where no configuration is known."""
    found = case.checkpoints.model
    if found is None or not found.config:
        return None
    said = found.config.get("quantization_config")
    return said if isinstance(said, Mapping) else {}
