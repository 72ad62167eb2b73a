"""What the releases of Modal's client take, as ``python -m tools.modal_signatures`` wrote it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("signatures.json")

Signatures = dict[str, dict[str, str]]
"""By what is called: its keywords, and the kinds of value that each may have."""


@cache
def signatures() -> dict[str, Signatures]:
    """Give the signatures of the oldest and the newest client of the range, by release."""
    found: dict[str, Signatures] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def kinds(called: tuple[str, ...], name: str) -> str | None:
    """Say what a keyword may be in every release; None where one of them does not take it."""
    found = [
        next((taken[each][name] for each in called if name in taken.get(each, {})), None)
        for taken in signatures().values()
    ]
    return None if None in found else found[-1]


def fits(value: object, kind: str) -> bool:
    """Whether a value is of one of the kinds, as far as YAML can say them."""
    return any(_is(value, each) for each in _parts(kind))


def _parts(kind: str) -> list[str]:
    """Take the alternatives apart, and leave those within brackets together."""
    found, depth = [""], 0
    for word in kind.split(" | "):
        found[-1] += f" | {word}" if depth else word
        depth += word.count("[") - word.count("]")
        if not depth:
            found.append("")
    return [one for one in found if one]


def _is(value: object, kind: str) -> bool:
    head, _, inner = kind.partition("[")
    inner = inner.removesuffix("]")
    if head == "list":
        return isinstance(value, list) and all(fits(one, inner) for one in value)
    if head == "dict":
        values = inner.partition(", ")[2]
        return isinstance(value, dict) and all(fits(one, values) for one in value.values())
    simple = {
        "any": True,
        "null": value is None,
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
        "str": isinstance(value, str),
    }
    return simple.get(head, False)
