"""A profile as YAML, in the style of the shipped ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from deployer.late import compile_pattern
from deployer.profile.yaml_scalars import resolve

SCHEMA = "# yaml-language-server: $schema=../schemas/profile.schema.json"
PLAIN = compile_pattern(r"[\w/][\w./+-]*(:[\w./+-]+)*", re.ASCII)
"""Text that may need no quotes in YAML."""


def emit(document: Mapping[str, Any], comments: Mapping[str, str]) -> str:
    """Write a document; ``comments`` has a comment for the key at a path, `` `` for the head."""
    lines = [SCHEMA]
    lines += [f"# {line}" for line in comments.get("", "").splitlines()]
    for name, value in document.items():
        if isinstance(value, Mapping):
            lines += ["", *_comment(comments, name, 0), f"{name}:"]
            lines += _section(value, name, 1, comments)
        else:
            lines += [*_comment(comments, name, 0), f"{name}: {scalar(value)}"]
    return "\n".join(lines) + "\n"


def _section(
    section: Mapping[str, Any], path: str, depth: int, comments: Mapping[str, str]
) -> list[str]:
    indent = "  " * depth
    lines: list[str] = []
    for name, value in section.items():
        where = f"{path}.{name}"
        lines += _comment(comments, where, depth)
        if isinstance(value, Mapping):
            lines += [f"{indent}{scalar(name)}:", *_section(value, where, depth + 1, comments)]
        else:
            lines.append(f"{indent}{scalar(name)}: {scalar(value)}")
    return lines


def _comment(comments: Mapping[str, str], path: str, depth: int) -> list[str]:
    text = comments.get(path, "")
    return [f"{'  ' * depth}# {line}" for line in text.splitlines()]


def scalar(value: object) -> str:
    """Write a scalar or a list of them on one line."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(scalar(item) for item in value)}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        plain = PLAIN.fullmatch(value) and resolve(value) == value
        return value if plain else json.dumps(value, ensure_ascii=False)
    return str(value)


def _float(value: float) -> str:
    """Write a number without an exponent, as strict YAML reads it; a whole one without a point."""
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    if "e" in text:
        text = f"{value:.20f}".rstrip("0")
    return text
