"""The form of the files: one option a line, so that a diff of two releases can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "deployer" / "facts" / "sglang"
HISTORY = "history.json"
PAST = "past.json"
DEFAULTS: dict[str, Any] = {
    "type": "",
    "action": "store",
    "nargs": None,
    "const": None,
    "choices": None,
    "choice_aliases": {},
    "default": None,
    "default_from": "",
    "required": False,
    "help": "",
    "stores": None,
    "category": "",
    "deprecated": False,
    "replaced_by": "",
    "error": "",
    "since": "",
    "removed_in": "",
}
"""What the loader fills in; such keys are left out of the files."""


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Read every catalogue in a folder, by release."""
    found = (json.loads(it.read_text("utf-8")) for it in sorted(folder.glob("[0-9]*.json")))
    return {it["version"]: {**it, "options": list(map(_filled, it["options"]))} for it in found}


def texts(catalogues: dict[str, dict[str, Any]], history: dict[str, Any]) -> dict[str, str]:
    """Give the text of every file, by its name."""
    files = {
        f"{version}.json": _text(it, "options", "variables") for version, it in catalogues.items()
    }
    return files | {HISTORY: _text(history, "strings", "choices", "constant_choices", "variables")}


def past_text(past: dict[str, Any]) -> str:
    """Give the text of ``past.json``."""
    return _text(past, "strings", "choices", "variables")


def _filled(entry: dict[str, Any]) -> dict[str, Any]:
    return {"strings": entry["strings"], "dest": entry["dest"]} | DEFAULTS | entry


def _text(document: dict[str, Any], *spread: str) -> str:
    return "{\n" + ",\n".join(_members(document, spread)) + "\n}\n"


def _members(document: dict[str, Any], spread: tuple[str, ...]) -> Iterator[str]:
    for key, value in document.items():
        match value:
            case list() if key in spread:
                yield f'"{key}": [\n' + ",\n".join(_compact(_short(it)) for it in value) + "\n]"
            case dict() if key in spread:
                lines = (f"{_compact(name)}: {_compact(it)}" for name, it in value.items())
                yield f'"{key}": {{\n' + ",\n".join(lines) + "\n}"
            case _:
                yield f'"{key}": {_compact(value)}'


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    keys = ("strings", "dest", *DEFAULTS)
    return {
        key: entry[key] for key in keys if key not in DEFAULTS or not _same(key, entry.get(key))
    }


def _same(key: str, value: object) -> bool:
    """Whether a value is the loader's default; ``0`` is not ``False``."""
    return type(value) is type(DEFAULTS[key]) and value == DEFAULTS[key]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
