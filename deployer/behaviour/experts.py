"""The kernels of the experts: `auto` where each layer chooses for itself when it is loaded.

Only for architectures whose rule was read and held against every release
(``tests/behaviour/test_held.py``). Source, read in the wheels: SGLang 0.5.9
``srt/server_args.py:1280-1312,1560-1600``, 0.5.10.post1 ``server_args.py:1612-1657``, 0.5.23
``arg_groups/overrides.py:764-831`` and ``arg_groups/model_overrides/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deployer.behaviour.architecture import DEEPSEEK_V3, DEEPSEEK_V32, GLM_DSA, GLM_NEXT
from deployer.behaviour.subject import Decision, Subject
from deployer.facts.models.quantization import engine_method

RUNNER = "--moe-runner-backend"
QUANTIZATION = "--quantization"
TRTLLM = frozenset({"flashinfer_trtllm", "flashinfer_trtllm_routed"})

AUTO, TRT = "auto", "flashinfer_trtllm"

DEEPSEEK = frozenset({
    DEEPSEEK_V3, DEEPSEEK_V32, GLM_DSA, GLM_NEXT, "KimiK25ForConditionalGeneration",
})  # fmt: skip
QWEN = frozenset({
    "Qwen3MoeForCausalLM", "Qwen3VLMoeForConditionalGeneration", "Qwen3NextForCausalLM",
    "Qwen3_5MoeForConditionalGeneration",
})  # fmt: skip
PLAIN = frozenset({
    "LlamaForCausalLM", "MiniMaxM2ForCausalLM", "Qwen3ForCausalLM",
    "Qwen3VLForConditionalGeneration",
})  # fmt: skip
"""Models without experts, and those for which the engine leaves it to the layers."""

FP8_OR_FP4 = frozenset({"fp8", "modelopt_fp8", "modelopt_fp4"})

BESIDE_KEY = "exclude_modules"
"""A key of ``hf_quant_config.json``, which shipped facts merge into the configuration, and which
these rules of the engine do not read: they ask the configuration alone."""

UNKNOWN = "the rule for this model is not known here"


def moe_runner_backend(subject: Subject) -> Decision[str]:
    """Give the kernels of the experts; no value where the engine's choice is not known here."""
    said = subject.stated(RUNNER)
    if said is not None:
        return said
    own = None if subject.all_to_all or subject.gpu is None else _own(subject)
    rule = UNKNOWN if own is None else "0.5.23 srt/arg_groups/model_overrides/"
    return subject.decided(own, RUNNER, "moe.runner", rule)


def quantization(subject: Subject) -> str | None:
    """Give the method as the engine reads it: the option's, else the configuration's; or none."""
    stated = subject.said.value(QUANTIZATION)
    found = subject.architecture.config.get("quantization_config")
    if stated or not isinstance(found, Mapping) or BESIDE_KEY in found:
        return stated or None
    return engine_method(found)


def _own(subject: Subject) -> str | None:
    if subject.architecture.by_name:
        return TRT if subject.sparse_attention and subject.sm100 else None
    name, method = subject.architecture.name, quantization(subject)
    for names, rule in RULES:
        if name in names:
            return rule(subject, method)
    return None


def _qwen(subject: Subject, method: str | None) -> str | None:
    if subject.sm100 and method in {None, "fp8", "modelopt_fp4"}:
        return TRT
    return AUTO if not subject.sm100 and method in {None, "fp8"} else None


def _plain(subject: Subject, method: str | None) -> str | None:
    del subject
    return AUTO if method in {None, "fp8"} else None


def _llama4(subject: Subject, method: str | None) -> str | None:
    return TRT if method == "fp8" and subject.sm100 else _plain(subject, method)


def _nemotron(subject: Subject, method: str | None) -> str | None:
    if method is not None:
        return None
    if not subject.since("0.5.13"):
        return AUTO
    return TRT if subject.sm100 else "flashinfer_cutlass"


def _deepseek(subject: Subject, method: str | None) -> str | None:
    if not subject.sm100:
        return AUTO if method in {None, "fp8", "compressed-tensors"} else None
    if method in FP8_OR_FP4:
        return TRT
    if method == "compressed-tensors" and _is_int4(subject):
        return TRT if subject.since("0.5.10") else AUTO
    if method is None and subject.architecture.name != DEEPSEEK_V3:
        return TRT if subject.since("0.5.12") else AUTO
    return None


def _is_int4(subject: Subject) -> bool:
    """Whether it is Kimi's own INT4 in groups of 32."""
    groups = subject.architecture.config["quantization_config"].get("config_groups") or {}
    weights = (groups.get("group_0") or {}).get("weights") or {}
    return (weights.get("num_bits"), weights.get("group_size")) == (4, 32)


def _gpt_oss(subject: Subject, method: str | None) -> str | None:
    """Give what MXFP4 takes; elsewhere a package of the image decides (``triton_kernels``)."""
    mxfp4 = "flashinfer_mxfp4"
    if method != "mxfp4" or not (subject.sm100 or subject.sm120):
        return None
    if subject.sm100:
        return mxfp4
    if subject.between("0.5.10", "0.5.14"):
        return "triton_kernel"
    return "marlin" if subject.between("0.5.14", "0.5.17") else mxfp4


RULES: tuple[tuple[frozenset[str], Callable[[Subject, str | None], str | None]], ...] = (
    (DEEPSEEK, _deepseek),
    (QWEN, _qwen),
    (PLAIN, _plain),
    (frozenset({"Llama4ForConditionalGeneration"}), _llama4),
    (frozenset({"GptOssForCausalLM"}), _gpt_oss),
    (frozenset({"NemotronHForCausalLM"}), _nemotron),
)
"""Architectures, and what chooses for them by GPU and quantization."""
