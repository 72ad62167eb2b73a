"""Whether a request asks for a model that is served, told before the engine hears of it.

SGLang (0.5.9 to 0.5.23) answers a chat under any model's name, and an adapter's bare name with the
model without it: it takes adapters as ``MODEL:ADAPTER`` alone (``_parse_model_parameter`` in
``srt/entrypoints/openai/serving_base.py``).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMING = frozenset({"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings"})
"""OpenAI's routes that name a model. Anthropic's are asked under names that its programs choose
themselves, and SGLang's others name none."""

LONGEST_NAME = 200
"""Characters of a name that a refusal repeats."""

LONGEST = 1 << 20
"""Bytes of a body that is read as JSON, where a search does not tell; that takes some 10 ms."""

KEY = b'"model"'
VALUE = re.compile(rb'\s*:\s*"([^"\\]*)"')

DEFAULT = "default"
"""What SGLang takes for a request that names no model (``DEFAULT_MODEL_NAME``)."""


def objection(route: str, body: bytes, models: Sequence[str], adapters: Sequence[str]) -> str:
    """Say why a request's model is none of those that are served; '' where it is, or names none.

    What is no JSON object is the engine's to refuse.
    """
    if route not in NAMING or not models or _is_served(_seen(body), models, adapters):
        return ""
    name = _read(body)
    if _is_served(name, models, adapters):
        return ""
    ways = ", ".join(f"`{each}`" for each in (*models, *(f"{models[0]}:{a}" for a in adapters)))
    shown = json.dumps(name)[1:-1][:LONGEST_NAME]  # nothing in it that a terminal would obey
    return f"the model `{shown}` is not served here: ask for {ways}"


def _is_served(name: str | None, models: Sequence[str], adapters: Sequence[str]) -> bool:
    if name is None or name == DEFAULT or name in models:
        return True
    base, colon, adapter = name.partition(":")
    return bool(colon) and base in models and adapter in adapters


def _seen(body: bytes) -> str | None:
    """Give the model's name where a search tells it, None where there is none, '' where in doubt.

    A text that holds the word has its quotes escaped, so it is not taken for the key.
    """
    at = body.find(KEY)
    if at < 0:
        return None
    found = VALUE.match(body, at + len(KEY))
    alone = body.find(KEY, at + 1) < 0
    return found[1].decode(errors="replace") if found and alone else ""


def _read(body: bytes) -> str | None:
    """Give the model that a body names; None where it names none, or is not to be read here."""
    if len(body) > LONGEST:
        return None
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    name = asked.get("model") if isinstance(asked, dict) else None
    return name if isinstance(name, str) else None
