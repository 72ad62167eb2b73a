"""A profile as YAML, in the style of the shipped ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.late import compile_pattern
from deployer.profile.model import Profile
from deployer.profile.yaml_scalars import resolve

SCHEMA = "# yaml-language-server: $schema=../schemas/profile.schema.json"
PLAIN = compile_pattern(r"[\w/][\w./+-]*(:[\w./+-]+)*", re.ASCII)
"""Text that may need no quotes in YAML."""


def emit(
    document: Mapping[str, Any], comments: Mapping[str, str], todos: Mapping[str, str] | None = None
) -> str:
    """Write a document; ``comments`` has a comment for the key at a path, `` `` for the head.

    ``todos`` has a question for each key that only the author can give: it stands where the key
    would, and where there is something already, above it.
    """
    tree = _with_todos(document, todos or {})
    lines = [SCHEMA]
    lines += [f"# {line}" for line in comments.get("", "").splitlines()]
    for name, value in tree.items():
        if isinstance(value, Mapping):
            lines += ["", *_section(name, value, name, 0, comments)]
        else:
            lines += _section(name, value, name, 0, comments)
    return "\n".join(lines) + "\n"


class Todo(str):
    """A question that stands where a value would."""

    __slots__ = ()


ASKED = "?"
"""The key of a question about a mapping as a whole."""


def _with_todos(document: Mapping[str, Any], todos: Mapping[str, str]) -> dict[str, Any]:
    """Put the questions into the document."""
    tree: dict[str, Any] = {
        name: _copied(value) if isinstance(value, Mapping) else value
        for name, value in document.items()
    }
    for path, text in todos.items():
        *above, last = path.partition("[")[0].split(".", 2)
        place = tree
        for name in above:
            if not isinstance(place.setdefault(name, {}), dict):
                break
            place = place[name]
        else:
            _put(place, last, text)
    order = {name: place for place, name in enumerate(Profile.model_fields)}
    return dict(sorted(tree.items(), key=lambda one: order.get(one[0], len(order))))


def _put(place: dict[str, Any], last: str, text: str) -> None:
    """Put a question where its key is, or would be."""
    if isinstance(place.get(last), dict):
        place[last] = {ASKED: Todo(text), **place[last]}
    elif last not in place:
        place[last] = Todo(text)
    else:
        place[last] = Doubted(place[last], text)


@dataclass(frozen=True, slots=True)
class Doubted:
    """A value with a question above it."""

    value: Any
    text: str


def _copied(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _copied(one) if isinstance(one, Mapping) else one for name, one in value.items()}


def _section(
    name: str, value: object, path: str, depth: int, comments: Mapping[str, str]
) -> list[str]:
    indent = "  " * depth
    if isinstance(value, Todo):
        asked = [f"{indent}# TODO: {line}" for line in value.splitlines()]
        return asked if name == ASKED else [*asked, f"{indent}# {name}:"]
    lines = _comment(comments, path, depth)
    if isinstance(value, Doubted):
        lines += [f"{indent}# TODO: {line}" for line in value.text.splitlines()]
        value = value.value
    if not isinstance(value, Mapping):
        return [*lines, f"{indent}{scalar(name)}: {scalar(value)}"]
    inner = [
        line
        for key, one in value.items()
        for line in _section(key, one, f"{path}.{key}", depth + 1, comments)
    ]
    empty = all(line.lstrip().startswith("#") for line in inner)
    return [*lines, f"{indent}{'# ' if empty else ''}{scalar(name)}:", *inner]


def _comment(comments: Mapping[str, str], path: str, depth: int) -> list[str]:
    text = comments.get(path, "")
    return [f"{'  ' * depth}# {line}" for line in text.splitlines()]


def scalar(value: object) -> str:
    """Write a scalar, a list, or a mapping in braces on one line."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(scalar(item) for item in value)}]"
    if isinstance(value, Mapping):
        inside = (f"{scalar(key)}: {scalar(item)}" for key, item in value.items())
        return f"{{{', '.join(inside)}}}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
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
