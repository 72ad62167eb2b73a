"""Values that other engines and common speech have for SGLang's options.

    value_of("--kv-cache-dtype", "fp8") -> ForeignValue("vLLM", "fp8_e4m3", same=True)

Only values that no release of SGLang takes for that option; whether a release takes what is written
instead is the caller's to ask. Sources: vLLM ``vllm/config/cache.py`` (CacheDType),
``vllm/v1/attention/backends/registry.py``, ``vllm/tool_parsers/__init__.py`` and
``vllm/reasoning/__init__.py``, each beside the class of that name in SGLang 0.5.23
``function_call/function_call_parser.py`` and ``parser/reasoning_parser.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForeignValue:
    """Whose word it is, and what SGLang calls that; ``same`` where nothing else could be meant."""

    whose: str
    write: str
    same: bool = True

    def told(self, value: str) -> str:
        """Say how the right word and the one that was written belong together."""
        if self.whose == SHORT:
            return f"which `{value}` is short for"
        return f"which {self.whose} calls `{value}`"


VLLM = "vLLM"
SHORT = "short"
"""Common speech: `bf16` for `bfloat16`."""

_TOOLS = {
    "deepseek_v3": "deepseekv3",
    "deepseek_v31": "deepseekv31",
    "deepseek_v32": "deepseekv32",
    "deepseek_v4": "deepseekv4",
    "llama3_json": "llama3",
    "minimax_m2": "minimax-m2",
    "minimax_m3": "minimax-m3",
    "openai": "gpt-oss",
    "qwen3_xml": "qwen3_coder",
}
_REASONING = {
    "deepseek_r1": "deepseek-r1",
    "deepseek_v3": "deepseek-v3",
    "deepseek_v4": "deepseek-v4",
    "glm47": "glm45",
    "minimax_m2": "minimax",
    "minimax_m2_append_think": "minimax-append-think",
    "minimax_m3": "minimax-m3",
    "openai_gptoss": "gpt-oss",
}
_KERNELS = {
    "FLASHINFER": "flashinfer",
    "FLASHMLA": "flashmla",
    "FLEX_ATTENTION": "flex_attention",
    "TRITON_ATTN": "triton",
    "TRITON_MLA": "triton",
}
_KERNELS_NEAR = {
    "FLASHINFER_MLA": "trtllm_mla",
    "FLASH_ATTN": "fa3",
    "FLASH_ATTN_MLA": "fa3",
    "ROCM_AITER_FA": "aiter",
    "ROCM_AITER_MLA": "aiter",
}
_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def _all(whose: str, words: Mapping[str, str], *, same: bool = True) -> dict[str, ForeignValue]:
    return {old: ForeignValue(whose, new, same=same) for old, new in words.items()}


_ATTENTION = _all(VLLM, _KERNELS) | _all(VLLM, _KERNELS_NEAR, same=False)
_ATTENTION |= {
    name.lower(): found for name, found in _ATTENTION.items() if name.lower() != found.write
}

VALUES: dict[str, dict[str, ForeignValue]] = {
    "--kv-cache-dtype": {
        **_all(VLLM, {"fp8": "fp8_e4m3"}),
        **_all(VLLM, {"fp8_ds_mla": "fp8_e4m3"}, same=False),
    },
    "--dtype": _all(SHORT, _DTYPES),
    "--quantization": _all(VLLM, {"inc": "auto-round", "nvfp4": "modelopt_fp4"}, same=False),
    "--attention-backend": _ATTENTION,
    "--prefill-attention-backend": _ATTENTION,
    "--decode-attention-backend": _ATTENTION,
    "--tool-call-parser": _all(VLLM, _TOOLS),
    "--reasoning-parser": _all(VLLM, _REASONING),
}
"""By the option's name in SGLang, then by the value."""


def value_of(flag: str, value: str) -> ForeignValue | None:
    """Give what is known of a value that no release takes; None where nothing is."""
    return VALUES.get(flag, {}).get(value)
