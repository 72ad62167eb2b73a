"""The language model's part of a configuration, however it is nested.

It imports nothing: containers on Modal ask it, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]

NESTED = ("text_config", "llm_config", "language_config", "thinker_config")
"""Keys under which a model of several kinds of input has its language model."""


def flattened(config: Config) -> Config:
    """Give the language model's own keys at the top, as the engine reads them."""
    for key in NESTED:
        inner = config.get(key)
        if isinstance(inner, Mapping) and inner:
            outer = {name: value for name, value in config.items() if name != key}
            return {**outer, **flattened(inner), "architectures": config.get("architectures")}
    if config.get("layers_block_type") and not config.get("num_hidden_layers"):
        return {**config, "num_hidden_layers": len(config["layers_block_type"])}
    return config
