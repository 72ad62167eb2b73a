"""From a Hugging Face `config.json` to the shapes of a model, and what of it was not understood.

What is not understood is named and not guessed, and the rest is still used: a tower for images
whose size is not said leaves the language model's weights and cache as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deployer.facts.models import beside, feeds, mixers, quantization
from deployer.facts.models.model import Layer, Model
from deployer.facts.models.nested import flattened
from deployer.late import compile_pattern

Config = Mapping[str, Any]

NEEDED = ("hidden_size", "num_hidden_layers", "vocab_size")
"""Keys without which there are no numbers."""

QUANTIZED = compile_pattern(
    r"(?i)(^|[-_.])(n?v?fp4|mxfp4|fp8|int[48]|w[48]a\d+|awq|gptq|[2-8]bit)([-_.]|$)"
)
"""Names of repositories whose weights are quantized, whether or not `config.json` says how."""

BESIDE = "hf_quant_config.json"
"""The file in which some checkpoints say how they are quantized."""

HYBRID = compile_pattern(
    r"^(Llama4|GptOss|Granite(Moe)?SWA|IQuestQ1|MiMoV2|Step3p[57]|Gemma4|DiffusionGemma|Laguna"
    r"|Mellum|MuseGlimmer|Inkling|UnlimitedOCR|Beam)"
)
"""Architectures whose layers with a window have a pool of their own in the engine (0.5.23
``configs/model_config.py``, ``is_hybrid_swa_model``). Others with a window keep every token."""


class MissingFactsError(ValueError):
    """A configuration does not say the shapes of its model; ``missing`` lists what."""

    def __init__(self, missing: Iterable[str]) -> None:
        """Keep every reason: an author mends them together."""
        self.missing = tuple(missing)
        super().__init__("; ".join(self.missing))


def from_config(repo: str, config: Config, source: str = "") -> tuple[Model, tuple[str, ...]]:
    """Derive a model's shapes, and say in words what of it was not understood.

    Raises MissingFactsError with all that stands in the way of any shape.
    """
    whole = flattened(config)
    if missing := [f"`{key}` is missing" for key in NEEDED if not whole.get(key)]:
        raise MissingFactsError(missing)
    try:
        model, unknown = _model(repo, whole, source)
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        ZeroDivisionError,
    ) as error:
        wrong = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error)
        raise MissingFactsError([f"its keys do not fit together: {wrong}"]) from error
    return model, unknown


def with_quantization(config: Config, beside_it: Config) -> Config:
    """Give a configuration with what the file :data:`BESIDE` it says of its quantization."""
    said = beside_it.get("quantization")
    if not isinstance(said, Mapping) or flattened(config).get("quantization_config"):
        return config
    return {**config, "quantization_config": {"quant_method": "modelopt", **said}}


def _model(repo: str, config: Config, source: str) -> tuple[Model, tuple[str, ...]]:
    layers = int(config["num_hidden_layers"])
    stored = _stored(repo, config)
    cache = mixers.not_understood(config)
    towers, unsized = beside.count(config)
    activation = feeds.not_understood(config)
    blocks = tuple(
        Layer(mixer, feed)
        for mixer, feed in zip(mixers.read(config, layers), feeds.read(config, layers), strict=True)
    )
    architecture = next(iter(config.get("architectures") or ()), "")
    drafts, prefix = _drafts(config, blocks)
    model = Model(
        repo=repo,
        architecture=architecture,
        source=source,
        hidden=int(config["hidden_size"]),
        vocabulary=int(config["vocab_size"]),
        tied=bool(config.get("tie_word_embeddings", _tied(config))),
        blocks=_shared(blocks),
        longest=_longest(config),
        quantization=stored,
        drafts=drafts,
        draft_prefix=prefix,
        beside=towers,
        streams=int(config.get("hc_mult") or 1),
        cache_algorithm=quantization.cache_algorithm(config),
        hybrid_window=bool(HYBRID.match(architecture)),
        cache_unknown=cache,
    )
    return model, tuple(said for said in (stored.unknown, cache, unsized, activation) if said)


def _stored(repo: str, config: Config) -> quantization.Quantization:
    found = quantization.read(config)
    said = config.get("quantization_config") or config.get("compression_config")
    if QUANTIZED.search(repo) and not said:
        reason = (
            f"{repo} says in its name that it is quantized, and the configuration not how; "
            f"put its `{BESIDE}` beside the file"
        )
        return quantization.Quantization(unknown=reason)
    return found


def _tied(config: Config) -> bool:
    """Say what a family's own default is: Gemma's output head is its embedding."""
    return str(config.get("model_type", "")).startswith("gemma")


def _longest(config: Config) -> int:
    """Give the longest context: stated, or stretched by `rope_scaling` from the original.

    Source: SGLang 0.5.23 ``utils/hf_transformers/config.py``, ``get_context_length``.
    """
    keys = ("max_position_embeddings", "max_sequence_length", "seq_length", "max_seq_len")
    stated = int(next((config[key] for key in keys if config.get(key)), 2048))
    scaling = config.get("rope_scaling") or {}
    factor = scaling.get("factor") or 1
    if "original_max_position_embeddings" in scaling or scaling.get("rope_type") == "llama3":
        factor = 1
    return int(stated * factor)


def _shared(blocks: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Make equal layers one object: a model has a hundred layers of three kinds."""
    seen: dict[Layer, Layer] = {}
    return tuple(seen.setdefault(block, block) for block in blocks)


def _drafts(config: Config, blocks: tuple[Layer, ...]) -> tuple[tuple[Layer, ...], str]:
    """Give the layers that draft: like the last of the model, with its attention of all tokens."""
    own = config.get("mtp_num_hidden_layers")
    count = int(config.get("num_nextn_predict_layers") or own or 0)
    if not count:
        return (), ""
    mixer = mixers.of_drafts(config, [block.mixer for block in blocks])
    feed = feeds.of_drafts(config, [block.feed for block in blocks])
    named = bool(own) or mixers.pattern(config) is not None or bool(config.get("compress_ratios"))
    return (Layer(mixer, feed),) * count, "mtp." if named else ""
