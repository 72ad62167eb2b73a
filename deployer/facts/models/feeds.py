"""What is done to each token in each layer: MLPs and experts, from a configuration's keys.

Sources: SGLang 0.5.23 ``models/*.py`` of each family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deployer.facts.models.mixers import pattern
from deployer.facts.models.model import Dense, Experts

Config = Mapping[str, Any]
Feed = tuple[Dense | Experts, ...]

GATED = frozenset({"silu", "swish", "swigluoai", "situ", "swiglu"})
PLAIN = frozenset({"relu2", "relu", "gelu", "gelu_new", "gelu_fast"})
"""Activations with a gate, of three matrices, and without one, of two."""


def read(config: Config, layers: int) -> list[Feed]:
    """Give what every layer does to each token."""
    if (kinds := pattern(config)) is not None:
        return [_of_kind(config, kind) for kind in kinds]
    if blocks := config.get("block_configs"):
        return [_of_block(config, block) for block in blocks]
    experts, dense = _experts(config), _dense(config)
    if config.get("enable_moe_block") and experts is not None and dense is not None:
        return [(dense, experts)] * layers
    return [_one(experts if _sparse(config, at) else None, dense) for at in range(layers)]


def of_drafts(config: Config, of_model: Sequence[Feed]) -> Feed:
    """Give what a layer that drafts does: the last layer's, or what its own pattern says."""
    if pattern(config) is None:
        if config.get("architectures") and "MiMoV2" in config["architectures"][0]:
            return _one(None, _dense(config))
        return of_model[-1]
    experts = _experts(config)
    return () if experts is None else (experts,)


def not_understood(config: Config) -> str:
    """Say what of the MLPs is not reckoned here, empty where all of it is."""
    name = _activation(config)
    if name in GATED or name in PLAIN or name.startswith("gelu"):
        return ""
    return f"`hidden_act: {name}` means an MLP that is not known here; three matrices are counted"


def _activation(config: Config) -> str:
    keys = ("mlp_hidden_act", "hidden_act", "hidden_activation", "activation_function")
    return str(next((config[key] for key in keys if config.get(key)), "silu"))


def _matrices(config: Config) -> int:
    name = _activation(config)
    gemma = str(config.get("model_type", "")).startswith("gemma")
    return 2 if name in PLAIN and not gemma else 3


def _one(experts: Experts | None, dense: Dense | None) -> Feed:
    found = experts if experts is not None else dense
    return () if found is None else (found,)


def _of_kind(config: Config, kind: str) -> Feed:
    if kind == "moe":
        return _one(_experts(config), None)
    return _one(None, _dense(config)) if kind == "mlp" else ()


def _of_block(config: Config, block: Config) -> Feed:
    """Read a layer found by architecture search (0.5.23 ``models/nemotron_nas.py``)."""
    found = block.get("ffn") or {}
    if found.get("no_op"):
        return ()
    width = int(2 * float(found["ffn_mult"]) * int(config["hidden_size"]) / 3)
    return (Dense(-(-width // 256) * 256, _matrices(config)),)


def _dense(config: Config) -> Dense | None:
    keys = ("dense_intermediate_size", "intermediate_size_mlp", "intermediate_size", "n_inner")
    width = next((int(config[key]) for key in keys if config.get(key)), 0)
    return Dense(width, _matrices(config)) if width else None


def _experts(config: Config) -> Experts | None:
    names = ("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts")
    routed = next((int(config[name]) for name in names if config.get(name)), 0)
    if not routed:
        return None
    width = int(config.get("moe_intermediate_size") or config["intermediate_size"])
    return Experts(
        routed=routed,
        width=width,
        shared=_shared(config, width),
        matrices=_matrices(config),
        latent=int(config.get("moe_latent_size") or config.get("routed_expert_hidden_size") or 0),
        biased=config.get("model_type") == "gpt_oss",
    )


def _shared(config: Config, width: int) -> int:
    """Give the width of the experts that serve every token, all together."""
    keys = (
        "moe_shared_expert_intermediate_size", "shared_expert_intermediate_size",
        "share_expert_dim", "shared_intermediate_size",
    )  # fmt: skip
    stated = next((int(config[key]) for key in keys if config.get(key) is not None), None)
    if stated is not None:
        return stated
    if str(config.get("model_type", "")).startswith("llama4"):
        return width
    return width * int(config.get("n_shared_experts") or config.get("num_shared_experts") or 0)


def _sparse(config: Config, index: int) -> bool:
    """Whether a layer has experts, as each family's configuration says it."""
    if kinds := config.get("mlp_layer_types"):
        return bool(kinds[index] == "sparse")
    if named := config.get("moe_layers_enum"):
        return str(index) in str(named).split(",")
    every = config.get("moe_layer_freq") or 1
    if not isinstance(every, int):
        return bool(every[index])
    if step := config.get("interleave_moe_layer_step"):
        return (index + 1) % int(step) == 0
    if index in (config.get("mlp_only_layers") or ()):
        return False
    step = int(config.get("decoder_sparse_step") or 1)
    first = int(config.get("first_k_dense_replace") or 0)
    return index >= first and index % every == 0 and (index + 1) % step == 0
