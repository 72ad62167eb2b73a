"""How the tokens of each layer see each other, from a configuration's keys.

Sources: SGLang 0.5.23 ``configs/model_config.py``, ``configs/*.py`` and ``models/*.py`` of each
family: which keys decide, and what is there where they are missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deployer.facts.models.model import (
    FINE,
    Attention,
    CompressedAttention,
    GroupedAttention,
    LatentAttention,
    State,
)

Config = Mapping[str, Any]
Mixer = Attention | State

LETTERS = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
"""NemotronH's letters for a layer (0.5.23 ``configs/nemotron_h.py``)."""

WINDOWED = frozenset({"sliding_attention", "chunked_attention"})
"""Kinds of `layer_types` that look back a bounded way."""

LINEAR = frozenset({"linear_attention", "mamba", "recurrent", "conv"})
"""Kinds of `layer_types` with a state."""

WHOLE = frozenset({"full_attention", "attention", "deepseek_sparse_attention"})
"""Kinds of `layer_types` that keep every token."""

CHUNKED = 4
"""Of so many layers of Llama 4, the last sees all tokens."""

ITEMS = {"float32": 4, "bfloat16": 2, "float16": 2}


def read(config: Config, layers: int) -> list[Mixer | None]:
    """Give the mixer of every layer, None for a layer that has none."""
    if (kinds := pattern(config)) is not None:
        return [_of_kind(config, kind) for kind in kinds]
    if config.get("compress_ratios"):
        return [_compressed(config, int(ratio)) for ratio in config["compress_ratios"][:layers]]
    if blocks := config.get("block_configs"):
        return [_of_block(config, block) for block in blocks]
    linear = _linear_layers(config, layers)
    return [_state(config) if at in linear else _attention(config, at) for at in range(layers)]


def of_drafts(config: Config, of_model: Sequence[Mixer | None]) -> Mixer | None:
    """Give the attention of a layer that drafts: that of the last layer that has some."""
    if config.get("compress_ratios"):
        return _compressed(config, int(config["compress_ratios"][-1]))
    found = [one for one in of_model if one is not None and not isinstance(one, State)]
    whole = [one for one in found if not getattr(one, "window", 0)]
    if not found:
        return None
    last = (whole or found)[-1]
    if isinstance(last, LatentAttention) and last.indexer_shared:
        return _latent(config, 0)
    return last


def not_understood(config: Config) -> str:
    """Say what of a cache is not reckoned here, empty where all of it is."""
    for key, what in (
        ("num_kv_shared_layers", "layers that share a cache"),
        ("encoder_layers", "an encoder"),
        ("is_encoder_decoder", "an encoder"),
        ("loop_num", "layers that run several times"),
        ("num_loops", "layers that run several times"),
        ("kv_source_layer_ids", "layers that take the cache of another one"),
        ("engram_config", "a table of n-grams"),
    ):
        if config.get(key):
            return f"`{key}` means {what}, whose cache is not reckoned here"
    kinds = set(config.get("layer_types") or ()) - WINDOWED - LINEAR - WHOLE
    if kinds and pattern(config) is None and not config.get("compress_ratios"):
        named = ", ".join(sorted(map(str, kinds)))
        return f"`layer_types` has {named}, whose cache is not reckoned here"
    return ""


def pattern(config: Config) -> list[str] | None:
    """Give the kinds of a model whose layers are one thing each (NemotronH), None for others."""
    if blocks := config.get("layers_block_type"):
        return [str(one) for one in blocks]
    letters = config.get("hybrid_override_pattern")
    return [LETTERS[letter] for letter in letters] if letters else None


def _of_kind(config: Config, kind: str) -> Mixer | None:
    if kind == "mamba":
        return _state(config)
    return _grouped(config) if kind == "attention" else None


def _of_block(config: Config, block: Config) -> Mixer | None:
    """Read a layer of a model found by architecture search; a missing one still has a cache.

    The engine gives every layer one, also those without attention (0.5.23 ``models/
    nemotron_nas.py``, ``configs/model_config.py``): so do these shapes, with no queries.
    """
    attention = block.get("attention") or {}
    heads = int(config["num_attention_heads"])
    if attention.get("no_op"):
        shares = (
            one.get("attention", {}).get("n_heads_in_group") for one in config["block_configs"]
        )
        group = next(int(share) for share in shares if share)
        return GroupedAttention(0, heads // group, int(config["hidden_size"]) // heads)
    share = int(attention.get("n_heads_in_group") or 1)
    return GroupedAttention(heads, heads // share, int(config["hidden_size"]) // heads)


def _linear_layers(config: Config, layers: int) -> frozenset[int]:
    """Say which layers have a state instead of a cache."""
    if kimi := config.get("linear_attn_config"):
        return frozenset(int(at) - 1 for at in kimi.get("kda_layers") or ())
    if not config.get("linear_num_value_heads"):
        return frozenset()
    if kinds := config.get("layer_types"):
        return frozenset(at for at, kind in enumerate(kinds) if kind in LINEAR)
    every = int(config.get("full_attention_interval") or 4)
    return frozenset(at for at in range(layers) if (at + 1) % every)


def _state(config: Config) -> State:
    if kimi := config.get("linear_attn_config"):
        heads, size = int(kimi["num_heads"]), int(kimi["head_dim"])
        return State(
            kind="kda",
            heads=heads,
            size=size,
            groups=heads,
            state=size,
            kernel=int(kimi.get("short_conv_kernel_size") or 4),
            full_gate=bool(kimi.get("use_full_rank_gate")),
        )
    if config.get("linear_num_value_heads"):
        return State(
            kind="gdn",
            heads=int(config["linear_num_value_heads"]),
            size=int(config["linear_value_head_dim"]),
            groups=int(config["linear_num_key_heads"]),
            state=int(config["linear_key_head_dim"]),
            kernel=int(config.get("linear_conv_kernel_dim") or 4),
            item=ITEMS[str(config.get("mamba_ssm_dtype") or "float32")],
        )
    return State(
        kind="mamba2",
        heads=int(config["mamba_num_heads"]),
        size=int(config["mamba_head_dim"]),
        groups=int(config["n_groups"]),
        state=int(config["ssm_state_size"]),
        kernel=int(config["conv_kernel"]),
        item=ITEMS[str(config.get("mamba_ssm_dtype") or "float32")],
    )


def _attention(config: Config, at: int) -> Attention:
    if config.get("kv_lora_rank"):
        return _latent(config, at)
    window = _window(config, at)
    if window and config.get("swa_num_key_value_heads"):
        return _windowed(config, window)
    if not window and config.get("global_head_dim"):
        return _whole(config)
    return _grouped(config, window, at)


def _latent(config: Config, at: int) -> LatentAttention:
    return LatentAttention(
        heads=int(config["num_attention_heads"]),
        query_rank=int(config.get("q_lora_rank") or 0),
        latent=int(config["kv_lora_rank"]),
        nope=int(config["qk_nope_head_dim"]),
        rope=int(config["qk_rope_head_dim"]),
        value=int(config["v_head_dim"]),
        indexer_heads=int(config.get("index_n_heads") or 0),
        indexer_size=int(config.get("index_head_dim") or 0),
        indexer_shared=bool(config.get("index_head_dim")) and _shares(config, at),
        gated=bool(config.get("mla_use_output_gate")),
    )


def _shares(config: Config, at: int) -> bool:
    """Whether a layer takes the choice of an earlier indexer (0.5.23, ``dsa_layer_skips_topk``)."""
    if kinds := config.get("indexer_types"):
        return at < len(kinds) and kinds[at] == "shared"
    if letters := config.get("index_topk_pattern"):
        return at < len(letters) and letters[at] == "S"
    every = int(config.get("index_topk_freq") or 1)
    offset = config.get("index_skip_topk_offset")
    start = at - int(offset) + 1 if offset is not None else at - 1
    return max(start, 0) % every != 0


def _window(config: Config, at: int) -> int:
    """Give how many tokens a layer looks back, 0 for all."""
    chunk = config.get("attention_chunk_size")
    if chunk and config.get("hybrid_layer_pattern") is None:
        return int(chunk) if (at + 1) % CHUNKED else 0
    window = int(config.get("sliding_window") or 0)
    if pattern_ := config.get("hybrid_layer_pattern"):
        return window if pattern_[at] == 1 else 0
    if kinds := config.get("layer_types"):
        return window if kinds[at] in WINDOWED else 0
    if every := config.get("sliding_window_pattern"):
        return window if (at + 1) % int(every) else 0
    if config.get("use_sliding_window") is False or not window:
        return 0
    return window if at >= int(config.get("max_window_layers") or 0) else 0


def _windowed(config: Config, window: int) -> GroupedAttention:
    """Read a layer with a window whose heads are others than those of the rest."""
    size = int(config.get("swa_head_dim") or config["head_dim"])
    return GroupedAttention(
        heads=int(config.get("swa_num_attention_heads") or config["num_attention_heads"]),
        kv_heads=int(config["swa_num_key_value_heads"]),
        size=size,
        value=int(config.get("swa_v_head_dim") or size),
        window=window,
    )


def _whole(config: Config) -> GroupedAttention:
    """Read a layer of all tokens whose heads are others than those with a window (Gemma 4)."""
    return GroupedAttention(
        heads=int(config["num_attention_heads"]),
        kv_heads=int(config.get("num_global_key_value_heads") or config["num_key_value_heads"]),
        size=int(config["global_head_dim"]),
    )


def _grouped(config: Config, window: int = 0, at: int = 0) -> GroupedAttention:
    heads = int((config.get("num_attention_heads_per_layer") or {at: 0})[at] or 0)
    heads = heads or int(config["num_attention_heads"])
    size = config.get("head_dim") or config.get("attention_head_dim")
    size = int(size or int(config["hidden_size"]) // heads)
    kind = str(config.get("model_type", ""))
    biased = config.get("attention_bias", kind.startswith("qwen2"))
    sparse = config.get("sparse_attention_config") or {}
    indexed = bool(sparse) and bool(sparse["sparse_attention_freq"][at])
    values = indexed and not (sparse.get("sparse_disable_index_value") or [0] * (at + 1))[at]
    return GroupedAttention(
        heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or config.get("num_kv_heads") or heads),
        size=size,
        value=int(config.get("v_head_dim") or 0),
        biased=bool(biased),
        window=window,
        gated=bool(config.get("attn_output_gate", kind == "qwen3_next")),
        rope=_rotary(config, size),
        indexer_heads=int(sparse["sparse_num_index_heads"]) if indexed else 0,
        indexer_size=int(sparse["sparse_index_dim"]) if indexed else 0,
        indexer_values=values,
    )


def _rotary(config: Config, size: int) -> int:
    """Give how many values of a head turn with the position, 0 for all."""
    if stated := config.get("rotary_dim"):
        return int(stated)
    parameters = config.get("rope_parameters") or {}
    part = config.get("partial_rotary_factor") or parameters.get("partial_rotary_factor")
    return int(size * float(part)) if part else 0


def _compressed(config: Config, ratio: int) -> CompressedAttention:
    return CompressedAttention(
        heads=int(config["num_attention_heads"]),
        query_rank=int(config["q_lora_rank"]),
        size=int(config["head_dim"]),
        rope=int(config["qk_rope_head_dim"]),
        groups=int(config["o_groups"]),
        output_rank=int(config["o_lora_rank"]),
        ratio=ratio,
        window=int(config.get("sliding_window") or 0),
        indexer_heads=int(config["index_n_heads"]) if ratio == FINE else 0,
        indexer_size=int(config["index_head_dim"]) if ratio == FINE else 0,
    )
