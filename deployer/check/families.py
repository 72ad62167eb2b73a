"""What kind of model and weights a check is about, as the checkpoint's own configuration says it.

Only where nothing is known of a repository its name decides, as
:mod:`deployer.behaviour.architecture` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from deployer.behaviour.architecture import DEEPSEEK_V32, GLM_DSA, GLM_NEXT
from deployer.compile.case import Case
from deployer.facts.models.quantization import FP4, Quantization, read
from deployer.late import compile_pattern

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

NVFP4 = compile_pattern(r"(?i)(^|[-_.])nv?fp4([-_.]|$)")
EXPERT, LAST = "layers.#.mlp.experts.0.gate_proj", 30
"""The part whose storage is asked, in a layer behind the first few, which may be dense."""

FP8 = compile_pattern(r"(?i)(^|[-_.])fp8([-_.]|$)")


def of_model(case: Case, models: tuple[str, ...]) -> bool:
    """Whether a profile's model is one of these (``GLM-5*``, ``zai-org/GLM-5*``); none is any.

    A pattern of :data:`KINDS` is judged by the model's own configuration where that is known: a
    copy has another name, and a name may promise what the files do not hold. The others, and all
    where no configuration is known, are compared without regard to case with the repository's
    name, and with its owner's in front where the pattern has one.
    """
    return not models or any(_is_of(case, pattern) for pattern in models)


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
    """Whether weights are NVFP4, all or some."""
    stored = _stored(case)
    if stored is None:
        return NVFP4.search(case.profile.model.repo) is not None
    return stored.floats and FP4 in {stored.default, *(rule.each for rule in stored.rules)}


def has_fp8_weights(case: Case) -> bool:
    """Whether experts, too, are FP8: not where a name or a configuration speaks of FP4."""
    stored = _stored(case)
    if stored is None:
        return FP8.search(case.profile.model.repo) is not None
    return stored.method == "fp8" and stored.each(EXPERT, LAST) >= 1


def _any(case: Case) -> bool:
    """Whether weights are of the kind that is meant, where every kind is."""
    del case
    return True


KINDS: Mapping[str, tuple[frozenset[str], Callable[[Case], bool]]] = {
    "GLM-5*": (frozenset({GLM_DSA, GLM_NEXT}), _any),
    "GLM-5*FP4*": (frozenset({GLM_DSA}), is_nvfp4),
    "GLM-5*-FP8": (frozenset({GLM_DSA}), has_fp8_weights),
    "GLM-5.3-Flash*": (frozenset({GLM_NEXT}), _any),
    "DeepSeek-V3.2*": (frozenset({DEEPSEEK_V32}), _any),
    "DeepSeek-V3.2*FP4*": (frozenset({DEEPSEEK_V32}), is_nvfp4),
    "DeepSeek-V4*": (frozenset({"DeepseekV4ForCausalLM"}), _any),
}
"""Patterns of names whose models a configuration tells from all others: class and weights."""


def _is_of(case: Case, pattern: str) -> bool:
    kind = KINDS.get(pattern)
    if kind is not None and not case.resolved.subject.architecture.by_name:
        names, weights = kind
        return case.resolved.subject.architecture.name in names and weights(case)
    repo = case.profile.model.repo.lower()
    return fnmatchcase(repo if "/" in pattern else repo.rpartition("/")[2], pattern.lower())


def _stored(case: Case) -> Quantization | None:
    """Give how the weights are stored; None where no configuration is known."""
    found = case.checkpoints.model
    if found is None or not found.config:
        return None
    return found.model.quantization if found.model is not None else read(found.config)
