"""The form of every JSON result: one object, whose first key says which format it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

FORMAT_VERSION = 1
"""Raised when a reader of the JSON would have to change."""


def envelope(value: Mapping[str, object], version: int = FORMAT_VERSION) -> str:
    """Write a result as JSON, with a line end; the same bytes for the same value.

    All of it is ASCII: nothing in it does anything to a terminal, and every stream carries it. What
    JSON has no number for, such as NaN, is null.
    """
    whole = {"format_version": version, **value}
    try:
        return json.dumps(whole, indent=2, allow_nan=False) + "\n"
    except ValueError:
        return json.dumps(_finite(whole), indent=2, allow_nan=False) + "\n"


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def error_envelope(message: str, hint: str = "", state: str = "") -> str:
    """Write what ended a command; whoever asked for JSON reads it where the result would be.

    ``state`` says why a deployment was not seen: ``not-asked``, ``not-reached``, ``not-there``.
    """
    error = {"message": message, "hint": hint} | ({"state": state} if state else {})
    return envelope({"error": error})
