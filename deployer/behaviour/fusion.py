"""All-reduce fusion: whether it comes on by itself, and with which kernels.

Source, read in the wheels: SGLang 0.5.9 ``srt/server_args.py:1680``, 0.5.10.post1
``server_args.py:2092-2118``, 0.5.11 ``server_args.py:2331-2353``, 0.5.14
``server_args.py:4298-4326`` and ``layers/flashinfer_comm_fusion.py:199``, 0.5.23
``arg_groups/overrides.py:925-1010``.
"""

from __future__ import annotations

from deployer.behaviour.subject import Decision, Subject

SINCE = {
    "DeepseekV3ForCausalLM": "0.5.9",
    "DeepseekV32ForCausalLM": "0.5.9",
    "GptOssForCausalLM": "0.5.9",
    "Glm4MoeForCausalLM": "0.5.9",
    "Glm4MoeLiteForCausalLM": "0.5.9",
    "Qwen3MoeForCausalLM": "0.5.9",
    "KimiK25ForConditionalGeneration": "0.5.9",
    "Qwen3_5MoeForConditionalGeneration": "0.5.10",
    "Qwen3_5ForConditionalGeneration": "0.5.10",
    "GlmMoeDsaForCausalLM": "0.5.11",
    "Qwen3NextForCausalLM": "0.5.11",
    "InternS2PreviewForConditionalGeneration": "0.5.12",
    "MistralLarge3ForCausalLM": "0.5.13",
    "Qwen3VLMoeForConditionalGeneration": "0.5.14",
    "NemotronHForCausalLM": "0.5.14",
    "NemotronHPuzzleForCausalLM": "0.5.14",
    "DeepseekV4ForCausalLM": "0.5.18",
    "NemotronH_Omni_Reasoning_V3": "0.5.20",
    "Qwen4ExpForConditionalGeneration": "0.5.20",
}
"""The architectures that fuse by themselves, and the first release that does it for them. Up to
0.5.10.post1 the engine reads DeepSeek-V3.2 as DeepSeek-V3, whose name its list has
(``utils/hf_transformers_utils.py``, ``_load_deepseek_v32_model``)."""

BACKEND = "--flashinfer-allreduce-fusion-backend"
KEY = "kernels.allreduce_fusion"


def allreduce_fusion(subject: Subject) -> Decision[str]:
    """Give the backend: empty where it is off, `trtllm` or `mnnvl` where the engine chooses.

    Before 0.5.14 there is one backend, TRT-LLM's, and no option to choose it.
    """
    said = subject.said
    off = said.option("--enforce-disable-flashinfer-allreduce-fusion")
    if off is not None:
        return Decision("", off.source)
    chosen = said.option(BACKEND)
    if chosen is not None:
        return Decision(_own(subject) if chosen.value == "auto" else chosen.value, chosen.source)
    switch = said.option("--enable-flashinfer-allreduce-fusion")
    if switch is not None:
        return Decision(_own(subject), switch.source)
    rule = "0.5.23 srt/arg_groups/overrides.py, _flashinfer_allreduce_fusion_auto_enable"
    return subject.decided(_own(subject) if _fuses(subject) else "", BACKEND, KEY, rule)


def _own(subject: Subject) -> str:
    """Give what `auto` is: MNNVL, which works over several nodes, on SM100 from 0.5.14 on."""
    return "mnnvl" if subject.since("0.5.14") and subject.sm100 else "trtllm"


def _fuses(subject: Subject) -> bool:
    """Whether the engine turns fusion on by itself."""
    said, since = subject.said, SINCE.get(subject.architecture.name)
    divided = said.has("--enable-dp-attention") or said.has("--attn-dp-size")
    return (
        since is not None
        and subject.since(since)
        and (subject.sm90 or subject.sm100)
        and (subject.number("--tp-size", 1) > 1 or not subject.since("0.5.10"))
        and not divided
        and (subject.number("--nnodes", 1) == 1 or _own(subject) == "mnnvl")
        and not subject.all_to_all
    )
