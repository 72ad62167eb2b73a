"""How FP8's blocks are divided with the linear layers that they scale.

Source: SGLang 0.5.10.post1 ``layers/quantization/fp8.py:312-338`` and 0.5.23
``layers/quantization/fp8.py:570-610``: a row-parallel layer's slice of the input, and each slice of
a column-parallel or merged layer's outputs, is a whole number of blocks; ``models/qwen2.py``,
``deepseek_v2.py``, ``qwen3_5.py`` and ``qwen3_next.py``, which of them there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GROUPED = frozenset({
    "LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM",
    "Qwen2MoeForCausalLM", "Qwen3MoeForCausalLM", "Qwen3NextForCausalLM", "Glm4MoeForCausalLM",
    "MiniMaxM2ForCausalLM", "Qwen3_5ForConditionalGeneration",
    "Qwen3_5MoeForConditionalGeneration", "Qwen3VLForConditionalGeneration",
    "Qwen3VLMoeForConditionalGeneration",
})  # fmt: skip
"""Models whose attention is queries, keys and values in one merged layer."""

LATENT = frozenset({
    "DeepseekV3ForCausalLM", "DeepseekV32ForCausalLM", "GlmMoeDsaForCausalLM",
    "KimiK25ForConditionalGeneration",
})  # fmt: skip
"""Models with latent attention, whose up-projections are divided by heads."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A linear layer: its name in the checkpoint, and the rows or columns of one GPU's slices."""

    name: str
    slices: tuple[int, ...]


def block(config: Mapping[str, Any]) -> int:
    """Give the side of a block of FP8 weights; 0 where scales are not by block."""
    said = config.get("quantization_config")
    if not isinstance(said, Mapping) or said.get("quant_method") != "fp8":
        return 0
    sides = said.get("weight_block_size")
    return int(sides[0]) if isinstance(sides, list) and sides else 0


def undivided(
    architecture: str, config: Mapping[str, Any], tensor: int, ranks: int
) -> Iterator[Layer]:
    """Give the layers beside experts whose slices end within a block.

    ``tensor`` is the tensor-parallel size, ``ranks`` that of attention.
    """
    side, kept = block(config), tuple(_kept(config))
    if not side:
        return
    for layer in _layers(architecture, config, tensor, ranks):
        if any(part % side for part in layer.slices) and not _is_kept(layer.name, kept):
            yield layer


def _layers(
    architecture: str, config: Mapping[str, Any], tensor: int, ranks: int
) -> Iterator[Layer]:
    if architecture in GROUPED:
        yield from _grouped(config, ranks)
    elif architecture in LATENT:
        yield from _latent(config, ranks)
    else:
        return
    if config.get("linear_num_value_heads"):
        yield from _linear(config, ranks)
    if _has_dense(config) and tensor > 1:
        yield Layer("mlp.gate_proj", (_share(config["intermediate_size"], tensor),))


def _grouped(config: Mapping[str, Any], ranks: int) -> Iterator[Layer]:
    heads = int(config["num_attention_heads"])
    keys = int(config.get("num_key_value_heads") or heads)
    size = int(config.get("head_dim") or config["hidden_size"] // heads)
    gate = 2 if config.get("attn_output_gate") else 1
    queries, values = _share(heads, ranks) * size, max(1, keys // ranks) * size
    yield Layer("self_attn.q_proj", (queries * gate, values, values))
    if ranks > 1:
        yield Layer("self_attn.o_proj", (queries,))


def _latent(config: Mapping[str, Any], ranks: int) -> Iterator[Layer]:
    if ranks == 1:
        return
    heads = _share(config["num_attention_heads"], ranks)
    nope, rope = int(config["qk_nope_head_dim"]), int(config["qk_rope_head_dim"])
    value = int(config["v_head_dim"])
    yield Layer("self_attn.q_b_proj", (heads * (nope + rope),))
    yield Layer("self_attn.kv_b_proj", (heads * (nope + value),))
    yield Layer("self_attn.o_proj", (heads * value,))


def _linear(config: Mapping[str, Any], ranks: int) -> Iterator[Layer]:
    heads = _share(config["linear_num_value_heads"], ranks)
    key = _share(config["linear_num_key_heads"], ranks) * int(config["linear_key_head_dim"])
    value = heads * int(config["linear_value_head_dim"])
    yield Layer("linear_attn.in_proj_qkv", (key, key, value, value))
    yield Layer("linear_attn.in_proj_b", (heads, heads))
    if ranks > 1:
        yield Layer("linear_attn.out_proj", (value,))


def _share(whole: Any, parts: int) -> int:  # noqa: ANN401 - a number of a configuration
    return int(whole) // parts


def _has_dense(config: Mapping[str, Any]) -> bool:
    """Whether some layers have an MLP that all tokens pass."""
    names = ("num_experts", "n_routed_experts", "num_local_experts")
    experts = any(config.get(name) for name in names)
    first = int(config.get("first_k_dense_replace") or 0)
    return bool(config.get("intermediate_size")) and (not experts or first > 0)


def _kept(config: Mapping[str, Any]) -> Iterable[str]:
    """Give the names of what the checkpoint leaves as it was."""
    said = config.get("quantization_config")
    found = said.get("modules_to_not_convert") if isinstance(said, Mapping) else None
    return (str(one) for one in found or ())


def _is_kept(name: str, kept: tuple[str, ...]) -> bool:
    """Whether a layer is among them in any layer of the model: then nothing is said of it."""
    last = name.rpartition(".")[2]
    return any(last in one or one.endswith(name.partition(".")[0]) for one in kept)
