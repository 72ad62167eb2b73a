"""The attention backend that the engine takes, of prefill and decode where they differ.

Only for architectures whose rule was read and held against every release
(``tests/behaviour/test_held.py``); of others nothing is said. Source, read in the wheels: SGLang
0.5.9 and 0.5.10.post1 ``srt/server_args.py`` (``_get_default_attn_backend``, the branches by
``model_arch``), 0.5.23 ``arg_groups/model_override_base.py`` (``get_default_attn_backend``) and
``arg_groups/model_overrides/``.
"""

from __future__ import annotations

from deployer.behaviour.architecture import DEEPSEEK_V3
from deployer.behaviour.subject import Decision, Subject

ATTENTION = "--attention-backend"
PREFILL, DECODE = "--prefill-attention-backend", "--decode-attention-backend"
KEY = "kernels.attention"

LATENT = frozenset({DEEPSEEK_V3, "KimiK25ForConditionalGeneration"})
"""Latent attention with TRT-LLM's kernels on SM100."""

GROUPED = frozenset({
    "LlamaForCausalLM", "MiniMaxM2ForCausalLM", "NemotronHForCausalLM", "Qwen3ForCausalLM",
    "Qwen3MoeForCausalLM", "Qwen3VLForConditionalGeneration", "Qwen3VLMoeForConditionalGeneration",
})  # fmt: skip
"""Grouped attention that the general rule decides."""

OWN_TRITON = frozenset({"GptOssForCausalLM", "Llama4ForConditionalGeneration"})
"""Grouped attention with Triton wherever it is neither SM90 nor SM100."""

FAMILIES = (
    (LATENT, "trtllm_mla", "triton"),
    (OWN_TRITON, "trtllm_mha", "triton"),
    (GROUPED, "trtllm_mha", "flashinfer"),
)
"""Architectures, their backend on SM100, and on what is neither that nor SM90, which has FA3."""

HYBRID = frozenset({"Qwen3_5MoeForConditionalGeneration", "Qwen3_5ForConditionalGeneration"})
"""Linear attention between layers of attention; on SM100 its cache of states decides."""

QWEN3_VL = frozenset({"Qwen3VLForConditionalGeneration", "Qwen3VLMoeForConditionalGeneration"})
LARGE = 60 * 1024
"""MiB of a GPU from which Qwen3-VL decodes otherwise on Hopper (0.5.20 and later)."""

RULE = "0.5.23 srt/arg_groups/model_override_base.py, get_default_attn_backend"


def attention_backend(subject: Subject) -> Decision[str]:
    """Give the backend; no value where the rule for the model is not known here."""
    name = subject.architecture.name
    if name == "DeepseekV4ForCausalLM":
        return subject.decided("dsv4", ATTENTION, KEY, "0.5.12 srt/server_args.py, DeepSeek-V4")
    said = subject.stated(ATTENTION)
    if said is not None:
        return said
    if subject.said.has(PREFILL) or subject.said.has(DECODE):
        return subject.decided(None, ATTENTION, KEY, "prefill and decode are stated apart")
    if subject.sparse_attention:
        sparse = "dsa" if subject.since("0.5.13") else "nsa"
        return subject.decided(sparse, ATTENTION, KEY, "0.5.13 renamed nsa to dsa")
    return subject.decided(_own(subject, name), ATTENTION, KEY, RULE)


def decode_backend(subject: Subject) -> Decision[str]:
    """Give the backend of decoding where it is another one than prefill's; else empty."""
    said = subject.stated(DECODE)
    if said is not None:
        return said
    large = subject.gpu is not None and subject.gpu.memory >= LARGE
    apart = (
        subject.since("0.5.20")
        and subject.sm90
        and large
        and subject.architecture.name in QWEN3_VL
        and subject.stated(ATTENTION) is None
    )
    rule = "0.5.20 srt/arg_groups/model_overrides/qwen3_vl.py"
    return subject.decided("flashinfer" if apart else "", DECODE, "kernels.decode", rule)


def _own(subject: Subject, name: str) -> str | None:
    """Give the engine's choice; it depends on the draft's branches, of which none is assumed."""
    if subject.gpu is None or subject.number("--speculative-eagle-topk", 1) > 1:
        return None
    if name in HYBRID:
        return _hybrid(subject)
    if name == "NemotronHForCausalLM" and subject.sm100 and not subject.since("0.5.19"):
        return "flashinfer"
    for names, sm100, other in FAMILIES:
        if name in names:
            return sm100 if subject.sm100 else "fa3" if subject.sm90 else other
    return None


def _hybrid(subject: Subject) -> str | None:
    """Give Triton on SM100 where the cache of states needs pages of one token."""
    if not subject.sm100:
        return "fa3" if subject.sm90 else None
    paged = subject.said.has("--speculative-algorithm") or subject.said.has("--disable-radix-cache")
    return "trtllm_mha" if paged else "triton"
