"""From a Hugging Face `config.json` to the shapes of a model, or to what is missing in it.

What is not read here is refused and not guessed: a model whose layers are of several kinds, or
whose keys are named otherwise, would get numbers that look as exact as the right ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deployer.facts.models.model import Experts, GroupedAttention, LatentAttention, Model
from deployer.facts.models.precision import UnknownPrecisionError, precision

Config = Mapping[str, Any]

NEEDED = {
    "hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
    "max_position_embeddings",
}  # fmt: skip
"""Keys without which there are no numbers."""

OTHER_LAYERS = {
    "text_config": "a vision part",
    "vision_config": "a vision part",
    "ssm_cfg": "state-space layers",
    "mamba_d_state": "state-space layers",
    "mamba_num_heads": "state-space layers",
    "hybrid_override_pattern": "layers of several kinds",
    "hybrid_layer_pattern": "layers of several kinds",
    "linear_num_value_heads": "linear attention",
    "linear_attn_config": "linear attention",
    "attention_chunk_size": "attention in chunks",
    "num_kv_shared_layers": "layers that share a cache",
    "compress_ratios": "a compressed cache",
    "index_topk_freq": "layers that share an indexer",
    "indexer_types": "layers that share an indexer",
    "encoder_layers": "an encoder",
    "attn_layer_period": "layers of several kinds",
    "block_configs": "layers of several shapes",
}
"""Keys of models whose cache or weights are not those of plain transformer layers."""

GATED_ACTIVATIONS = {"silu", "swish"}
"""Activations with which the models read here have a gated MLP of three matrices."""


QUANTIZED = re.compile(
    r"(?i)(^|[-_.])(n?v?fp4|mxfp4|fp8|int[48]|w[48]a\d+|awq|gptq|[2-8]bit)([-_.]|$)"
)
"""Names of repositories whose weights are quantized, whether or not `config.json` says how."""

BESIDE = "hf_quant_config.json"
"""The file in which some checkpoints say how they are quantized."""

CACHE_SCALES = ("kv_cache_quant_algo", "kv_cache_scheme")
"""Keys of `quantization_config` that say how the checkpoint wants its cache."""


class MissingFactsError(ValueError):
    """A configuration does not say what the memory depends on; ``missing`` lists what."""

    def __init__(self, missing: Iterator[str] | list[str]) -> None:
        """Keep every reason: an author mends them together."""
        self.missing = tuple(missing)
        super().__init__("; ".join(self.missing))


def from_config(repo: str, config: Config, source: str = "") -> Model:
    """Derive a model's shapes. Raises MissingFactsError with all that stands in the way."""
    if missing := list(_missing(repo, config)):
        raise MissingFactsError(missing)
    try:
        return _model(repo, config, source)
    except UnknownPrecisionError as error:
        raise MissingFactsError([str(error)]) from error
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        wrong = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
        raise MissingFactsError([f"its keys do not fit together: {wrong}"]) from error


def with_quantization(config: Config, beside: Config) -> Config:
    """Give a configuration with what the file :data:`BESIDE` it says of its quantization."""
    said = beside.get("quantization")
    if not isinstance(said, Mapping) or _quantization(config):
        return config
    return {**config, "quantization_config": {"quant_method": "modelopt", **said}}


def _missing(repo: str, config: Config) -> Iterator[str]:
    for key in sorted(NEEDED - config.keys()):
        yield f"`{key}` is missing"
    for key, what in OTHER_LAYERS.items():
        if config.get(key):
            yield f"`{key}` means {what}, which is not reckoned here"
    if QUANTIZED.search(repo) and not (_quantization(config) or config.get("compression_config")):
        yield (
            f"{repo} says in its name that it is quantized, and the configuration not how; "
            f"put its `{BESIDE}` beside the file"
        )
    kinds = set(config.get("layer_types") or ()) - {"full_attention"}
    if kinds:
        yield f"`layer_types` has {', '.join(sorted(map(str, kinds)))}, which is not reckoned here"
    if config.get("sliding_window") and config.get("use_sliding_window", True):
        yield "`sliding_window` means a cache of two kinds, which is not reckoned here"
    if config.get("hidden_act", "silu") not in GATED_ACTIVATIONS:
        yield f"`hidden_act: {config['hidden_act']}` means an MLP that is not reckoned here"


def _model(repo: str, config: Config, source: str) -> Model:
    experts = _experts(config)
    layers = int(config["num_hidden_layers"])
    return Model(
        repo=repo,
        architecture=next(iter(config.get("architectures") or ()), ""),
        source=source,
        hidden=int(config["hidden_size"]),
        vocabulary=int(config["vocab_size"]),
        tied=bool(config.get("tie_word_embeddings", False)),
        intermediate=int(config.get("intermediate_size") or 0),
        attention=_attention(config),
        experts=experts,
        sparse_layers=tuple(experts is not None and _sparse(config, at) for at in range(layers)),
        draft_layers=int(config.get("num_nextn_predict_layers") or 0),
        longest=int(config["max_position_embeddings"]),
        precision=precision(config),
        scaled_cache=any(_quantization(config).get(key) for key in CACHE_SCALES),
    )


def _quantization(config: Config) -> Config:
    return config.get("quantization_config") or {}


def _attention(config: Config) -> LatentAttention | GroupedAttention:
    heads = int(config["num_attention_heads"])
    if config.get("kv_lora_rank"):
        return LatentAttention(
            heads=heads,
            query_rank=int(config.get("q_lora_rank") or 0),
            latent=int(config["kv_lora_rank"]),
            nope=int(config["qk_nope_head_dim"]),
            rope=int(config["qk_rope_head_dim"]),
            value=int(config["v_head_dim"]),
            indexer_heads=int(config.get("index_n_heads") or 0),
            indexer_size=int(config.get("index_head_dim") or 0),
        )
    return GroupedAttention(
        heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or heads),
        size=int(config.get("head_dim") or config["hidden_size"] // heads),
        biased=bool(config.get("attention_bias", config.get("model_type") == "qwen2")),
    )


def _experts(config: Config) -> Experts | None:
    names = ("n_routed_experts", "num_experts", "num_local_experts")
    routed = next((int(config[name]) for name in names if config.get(name)), 0)
    if not routed:
        return None
    width = int(config.get("moe_intermediate_size") or config["intermediate_size"])
    shared = config.get("shared_expert_intermediate_size")
    if shared is None:
        shared = width * int(config.get("n_shared_experts") or 0)
    return Experts(routed=routed, width=width, shared=int(shared))


def _sparse(config: Config, index: int) -> bool:
    """Whether a layer has experts: as DeepSeek's, GLM's and Qwen's configurations say it."""
    if index in (config.get("mlp_only_layers") or ()):
        return False
    step = int(config.get("decoder_sparse_step") or 1)
    every = int(config.get("moe_layer_freq") or 1)
    first = int(config.get("first_k_dense_replace") or 0)
    return index >= first and index % every == 0 and (index + 1) % step == 0
