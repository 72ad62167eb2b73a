"""The engine's errors, in the shape in which OpenAI's clients read one.

SGLang's are flat (``{"object": "error", "message": ...}``, ``srt/entrypoints/openai/protocol.py``),
and where a request is not what was expected they quote a file of the server and its line.
"""

from __future__ import annotations

import json
from typing import Any

from deployer.codec import read_json
from deployer.serve.door.refusal import error_text

CODE = "refused_by_engine"

LONGEST = 64 * 1024
"""Bytes of an error; what is longer is none of the engine's."""

QUOTED = '\n\n  File "'
"""Where FastAPI's validation errors begin to tell of the server's own files."""


def reshaped(status: int, body: bytes) -> bytes:
    """Write a flat error as OpenAI does; anything else stays what it is."""
    try:
        value: Any = read_json(body)
    except ValueError:
        return body
    if not isinstance(value, dict) or value.get("object") != "error" or "error" in value:
        return body
    said = value.get("message")
    if not isinstance(said, str):
        return body
    told = json.loads(error_text(status, said.partition(QUOTED)[0], CODE))
    param = value.get("param")
    told["error"]["param"] = param if isinstance(param, str) else None
    return json.dumps(told).encode()
