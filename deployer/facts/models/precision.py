"""The bytes of a weight, as a checkpoint's `quantization_config` says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deployer.facts.models.model import Precision

Quantization = Mapping[str, Any]

PLAIN = 2.0
"""Bytes of a weight in BF16 or FP16. FP32 checkpoints are loaded as FP16 (SGLang 0.5.10.post1
``configs/model_config.py``, ``_get_and_verify_dtype``)."""

SCALE = 2.0
"""Bytes of the scale of a group, FP16 or BF16; a block of FP8 has one of 4."""

ATTENTION = re.compile(r"self_attn(\*|\.\*|$|\.(q|k|v|o|qkv|q_a|q_b|kv_b)_proj)")
"""Names in a list of what is not quantized that mean the matrices of attention."""


class UnknownPrecisionError(ValueError):
    """The checkpoint is quantized by a method of which nothing is known here."""


def precision(config: Mapping[str, Any]) -> Precision:
    """Read how many bytes the weights have. Raises UnknownPrecisionError."""
    found = config.get("quantization_config") or config.get("compression_config")
    if not found:
        return Precision(method="", attention=PLAIN, mlp=PLAIN)
    method = str(found.get("quant_method", ""))
    each = _each(method, found)
    attention = PLAIN if _leaves_attention(found, config) else each
    return Precision(method=method, attention=attention, mlp=each)


def _each(method: str, found: Quantization) -> float:
    if method in {"fp8", "fbgemm_fp8"}:
        block = found.get("weight_block_size")
        return 1 + (4 / (int(block[0]) * int(block[1])) if block else 0)
    if method in {"awq", "gptq"}:
        bits = int(found.get("bits") or found.get("w_bit") or 4)
        group = int(found.get("group_size") or found.get("q_group_size") or 128)
        return _grouped(bits, group, zeros=True)
    if method == "compressed-tensors":
        return _compressed(found)
    if method.startswith("modelopt"):
        return _modelopt(found)
    message = f"`quantization_config.quant_method: {method}` is not known here"
    raise UnknownPrecisionError(message)


def _compressed(found: Quantization) -> float:
    weights = [group.get("weights") or {} for group in found.get("config_groups", {}).values()]
    bits = {int(one.get("num_bits", 0)) for one in weights}
    if len(bits) != 1 or bits == {0}:
        message = "`quantization_config.config_groups` has weights of several sizes, or of none"
        raise UnknownPrecisionError(message)
    group = next((int(one["group_size"]) for one in weights if one.get("group_size")), 0)
    return _grouped(bits.pop(), group, zeros=False)


def _modelopt(found: Quantization) -> float:
    algorithm = str(found.get("quant_algo") or found.get("quantization", {}).get("quant_algo"))
    known = {"FP8": 1.0, "NVFP4": 0.5 + 1 / 16}
    if algorithm not in known:
        message = f"`quantization_config.quant_algo: {algorithm}` is not known here"
        raise UnknownPrecisionError(message)
    return known[algorithm]


def _grouped(bits: int, group: int, *, zeros: bool) -> float:
    extra = SCALE + (bits / 8 if zeros else 0)
    return bits / 8 + (extra / group if group > 0 else 0)


def _leaves_attention(found: Quantization, config: Mapping[str, Any]) -> bool:
    """Whether attention stays as it was: named by a pattern, or in most layers."""
    lists = (found.get(key) for key in ("modules_to_not_convert", "ignore", "exclude_modules"))
    names = [str(name) for one in lists for name in (one or ())]
    hits = [name for name in names if ATTENTION.search(name)]
    many = len(hits) > int(config["num_hidden_layers"]) // 2
    return many or any("re:" in name or name.startswith("*") for name in hits)
