"""The KV dtype and the kernels of sparse attention (DSA), `auto` and unset included.

Source, read in the wheels: SGLang 0.5.9 ``srt/server_args.py:1129-1180``, 0.5.10.post1
``server_args.py:1417-1487``, 0.5.11 ``server_args.py``, 0.5.23 ``arg_groups/overrides.py:491-741``.
"""

from __future__ import annotations

from deployer.behaviour.architecture import GLM_DSA
from deployer.behaviour.subject import BLACKWELL, Decision, Subject
from deployer.facts.gpus import Gpu

FP8 = "fp8_e4m3"
BF16 = "bfloat16"

KV_DTYPE = "--kv-cache-dtype"
PREFILL, DECODE = "--dsa-prefill-backend", "--dsa-decode-backend"

SAME = {"bf16": BF16}
"""Names of one KV dtype."""

SPARSE_MLA = "flashinfer_sparse_mla"
"""FlashInfer's sparse attention, which exists for GLM on RTX PRO 6000 from 0.5.17 on."""


def kv_cache_dtype(subject: Subject) -> Decision[str]:
    """Give the KV dtype; `auto` where the model's own dtype is taken."""
    key = "memory.kv_cache_dtype"
    said = subject.stated(KV_DTYPE)
    if said is not None:
        return Decision(SAME.get(said.value or "", said.value), said.key)
    if subject.architecture.name == "DeepseekV4ForCausalLM":
        rule = "0.5.23 srt/arg_groups/overrides.py, _deepseek_v4_kv_cache_dtype"
        return subject.decided(FP8, KV_DTYPE, key, rule)
    if not subject.sparse_attention:
        rule = "0.5.10.post1 srt/model_executor/model_runner.py, configure_kv_cache_dtype"
        return subject.decided("auto", KV_DTYPE, key, rule)
    rule = "0.5.10.post1 srt/server_args.py, _set_default_nsa_kv_cache_dtype"
    return subject.decided(sparse_dtype(subject.gpu), KV_DTYPE, key, rule)


def sparse_dtype(gpu: Gpu | None) -> str:
    """Give what `auto` is for sparse attention: the one place that says it."""
    return FP8 if gpu is not None and gpu.capability[0] >= BLACKWELL else BF16


def sparse_kernels(subject: Subject, dtype: str | None) -> tuple[Decision[str], Decision[str]]:
    """Give the kernels of prefill and of decode; empty where there is no sparse attention."""
    if not subject.sparse_attention:
        none = "no sparse attention"
        return (
            subject.decided("", PREFILL, "kernels.prefill", none),
            subject.decided("", DECODE, "kernels.decode", none),
        )
    rule, prefill, decode = _defaults(subject, fp8=dtype == FP8)
    overruled = dtype == FP8 and subject.blackwell and subject.between("0.5.10", "0.5.11")
    asked = (
        (None, None) if overruled else (subject.said.option(PREFILL), subject.said.option(DECODE))
    )
    own = (
        subject.decided(prefill, PREFILL, "kernels.prefill", rule),
        subject.decided(decode, DECODE, "kernels.decode", rule),
    )
    one, two = (
        mine if said is None else Decision(said.value, said.source)
        for said, mine in zip(asked, own, strict=True)
    )
    return one, two


def own_kernels(subject: Subject, dtype: str | None) -> tuple[str, str]:
    """Give what the engine would choose for prefill and decode, whatever is stated."""
    _, prefill, decode = _defaults(subject, fp8=dtype == FP8)
    return prefill, decode


def _defaults(subject: Subject, *, fp8: bool) -> tuple[str, str, str]:
    """Give the engine's own pair for the release, the GPU and the KV dtype, after its rule."""
    rule = "0.5.10.post1 srt/server_args.py, _set_default_nsa_backends"
    if fp8 and subject.sm120 and subject.architecture.name == GLM_DSA and subject.since("0.5.17"):
        return "0.5.17 srt/arg_groups/overrides.py, is_glm_sm12_fp8", SPARSE_MLA, SPARSE_MLA
    if not fp8:
        return rule, "flashmla_sparse", "trtllm" if subject.blackwell else "fa3"
    if subject.blackwell and subject.since("0.5.10"):
        return rule, "trtllm", "trtllm"
    if not subject.since("0.5.11"):
        return rule, "flashmla_auto", "flashmla_kv"
    return "0.5.23 srt/arg_groups/overrides.py:687", "flashmla_kv", "flashmla_kv"
