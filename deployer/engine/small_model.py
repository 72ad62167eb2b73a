"""A tiny model of another one's architecture: its config with small sizes, and no weights at all.

Whatever decides which code the engine runs stays as it is: the architecture, the kind of attention,
experts or none, the order of unlike layers. What only says how much of it there is becomes small.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.codec import read_json
from deployer.engine.model import tiny_model
from deployer.engine.model_config import ModelConfig
from deployer.errors import Failure
from deployer.facts.models.checkpoint import CONFIG

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
"""What is taken of the builtin tiny model; its vocabulary is small."""

LAYERS = "num_hidden_layers"
FEWEST, MOST = 2, 16
"""Layers that it gets: as many as it takes to have each kind that the model has."""

SIZES = {
    "hidden_size": 256,
    "intermediate_size": 512,
    "moe_intermediate_size": 128,
    "shared_expert_intermediate_size": 128,
    "moe_shared_expert_intermediate_size": 128,
    "num_attention_heads": 4,
    "q_lora_rank": 128,
    "n_routed_experts": 8,
    "num_experts": 8,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "first_k_dense_replace": 1,
    "n_group": 1,
    "topk_group": 1,
}
"""The most of each; what a config lacks, or has less of, stays."""

KV_HEADS = "num_key_value_heads"
SPARSE = "index_"
"""How the keys begin that make DeepSeek's attention sparse, which asks CUDA which GPU this is
(0.5.23 ``srt/arg_groups/model_hook.py``); without them the same class attends densely."""

DENSE = {"glm_moe_dsa": "deepseek_v3", "deepseek_v32": "deepseek_v3"}
"""Types of config whose class fills those keys in again, and one that has the others alike."""

LATENT = "kv_lora_rank"
GATED = {
    "topk_method": "noaux_tc",
    "scoring_func": "sigmoid",
    "norm_topk_prob": True,
    "routed_scaling_factor": 2.5,
    "n_group": 1,
    "topk_group": 1,
}
"""What the code for latent attention with experts reads, and shipped facts leave out: it says how
experts are weighed, as in DeepSeek-V3's own config.json."""

SENSES = ("vision_config", "audio_config", "image_token_id", "thinker_config")
"""What a model has that sees or hears: its processor is a file of the repository."""

SINKS = "gpt_oss"
"""The type of config whose attention has sinks, which torch alone has no place for."""

BY_TORCH = "deployer_by_torch"
"""The package beside this module that lets such attention run by torch alone."""


@dataclass(frozen=True, slots=True)
class SmallModel:
    """What was made: its architecture, sizes that are others (old, new), what it lacks, and why.

    ``variables`` are those of the environment that the engine needs for it.
    """

    architecture: str
    source: str
    sizes: Mapping[str, tuple[Any, Any]]
    lacks: tuple[str, ...]
    variables: Mapping[str, str]


def make(model: ModelConfig, folder: Path) -> SmallModel:
    """Write a tiny model into ``folder``, which is made. Raises Failure where none can be made."""
    config = dict(read_json(model.files[CONFIG], constants=True))
    architecture = ", ".join(map(str, config["architectures"]))
    if sense := next((key for key in SENSES if config.get(key) is not None), ""):
        message = f"no tiny model of {architecture} can be made: `{sense}` says that it sees or "
        message += "hears, and what prepares that is a file of its repository"
        raise Failure(message, hint="`deployer resolve PROFILE` asks what becomes of its flags")
    if not isinstance(config.get(LAYERS), int):
        message = f"no tiny model of {architecture} can be made: its config has no `{LAYERS}`"
        raise Failure(message, hint="`deployer resolve PROFILE` asks what becomes of its flags")
    small, lacks = shrunk(config)
    own = tiny_model()
    folder.mkdir()
    for name in TOKENIZER:
        shutil.copyfile(own / name, folder / name)
    small["vocab_size"] = read_json((own / CONFIG).read_bytes())["vocab_size"]
    (folder / CONFIG).write_text(json.dumps(small), encoding="utf-8")
    sizes = {
        key: (config[key], small[key])
        for key in (LAYERS, *SIZES, KV_HEADS, "vocab_size")
        if key in config and small[key] != config[key]
    }
    latent = small.get(LATENT) is not None
    paths = {"PYTHONPATH": str(Path(__file__).parent / "rehearsed")}
    by_torch = latent or config.get("model_type") == SINKS
    variables = {**paths, "SGLANG_EXTERNAL_MODEL_PACKAGE": BY_TORCH} if by_torch else {}
    return SmallModel(architecture, model.source, sizes, lacks, variables)


def shrunk(config: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give a config with small sizes, and in words what of the model is not in it."""
    small = {key: value for key, value in config.items() if key not in {"auto_map", "dtype"}}
    small["dtype"] = small["torch_dtype"] = "bfloat16"
    lacks = tuple(_without(small))
    needed, kinds = _layers(config), dict(_kinds(config))
    layers = min(needed, MOST)
    if needed > layers:
        lacks += (f"kinds of layers that come after the first {layers}",)
    small |= {key: value[:layers] for key, value in kinds.items()}
    small[LAYERS] = layers
    for key, most in SIZES.items():
        if isinstance(value := config.get(key), int) and not isinstance(value, bool):
            small[key] = min(value, most)
    if isinstance(heads := config.get(KV_HEADS), int):
        all_of_them = heads == config.get("num_attention_heads")
        small[KV_HEADS] = min(heads, small["num_attention_heads"] if all_of_them else 2)
    for key in config:
        if key.endswith("_token_id"):
            small[key] = 0
    if small.get(LATENT) is not None and small.get("n_routed_experts") is not None:
        small = {**GATED, **small}
    return small, lacks


def _without(small: dict[str, Any]) -> Iterator[str]:
    """Take out what a CPU cannot do at all, and say so."""
    if small.pop("quantization_config", None) is not None:
        yield "quantized weights: their kernels are for GPUs"
    small.pop("compression_config", None)
    if small.get("model_type") == SINKS:
        yield "attention sinks: torch alone has no place for them, so that it attends without"
    sparse = [key for key in small if key.startswith(SPARSE)]
    if sparse:
        for key in sparse:
            del small[key]
        kind = str(small.get("model_type"))
        small["model_type"] = DENSE.get(kind, kind)
        yield "sparse attention: it asks CUDA which GPU this is, so the same layers attend densely"


def _kinds(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give what says of each layer which kind it is of: lists and texts of that length."""
    count = config[LAYERS]
    for key, value in config.items():
        told = isinstance(value, list) or (isinstance(value, str) and key.endswith("pattern"))
        if told and len(value) == count:
            yield key, value


def _layers(config: Mapping[str, Any]) -> int:
    """Give how many layers it takes to have each kind."""
    needed = FEWEST
    for _, value in _kinds(config):
        needed = max(needed, *(value.index(one) + 1 for one in value))
    every = config.get("full_attention_interval")
    if isinstance(every, int):
        needed = max(needed, every)
    return min(needed, int(config[LAYERS]))
