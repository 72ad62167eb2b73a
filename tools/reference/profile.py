"""``docs/reference/profile.md``: every key of a profile, from the schema and its flags."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deployer.profile.fields import flagged_fields
from deployer.profile.schema import schema_text

Schema = Mapping[str, Any]

HEAD = """# Keys of a profile

Every key, from the models that validate it: what it takes, what it is when nothing is written, the
flag of SGLang that it becomes, and what it is for. A release may spell a flag otherwise: `deployer
compile` shows what it becomes there. A key without a flag is deployer's own, or becomes several.

`deployer schema` prints the same as JSON Schema, for editors.
"""


def page() -> str:
    """Give the page."""
    schema = json.loads(schema_text())
    flags = {f"{section}.{name}": flag.name for section, name, flag in flagged_fields()}
    parts = [HEAD, _section("", schema, schema, flags)]
    for name, value in schema["properties"].items():
        parts += [_section(name, kind, schema, flags) for kind in _parts(value, schema)]
    return "\n".join(parts)


def _section(name: str, kind: Schema, schema: Schema, flags: Mapping[str, str]) -> str:
    heading = f"## `{name}`\n\n{kind.get('description', '')}\n" if name else "## At the top\n"
    required = set(kind.get("required", ()))
    rows = [
        f"| `{key}` | {_type(value, schema)} | {_default(key, value, required)} "
        f"| {_flag(flags.get(f'{name}.{key}'))} | {_cell(value.get('description', ''))} |"
        for key, value in kind["properties"].items()
    ]
    table = ["| key | takes | default | flag | what it is |", "|---|---|---|---|---|", *rows]
    below = [
        _section(f"{name}.{key}", part, schema, flags)
        for key, value in kind["properties"].items()
        if name
        for part in _parts(value, schema)
    ]
    return "\n".join([heading, *table, "", *below])


def _parts(value: Schema, schema: Schema) -> Iterator[Schema]:
    """Give the models that a key's value may be, or a list's elements."""
    for one in (value, *value.get("anyOf", ()), value.get("items", {})):
        if "$ref" in one:
            yield schema["$defs"][one["$ref"].rpartition("/")[2]]


WORDS = {
    "integer": "an integer",
    "number": "a number",
    "boolean": "`true` or `false`",
    "string": "a text",
    "null": "`null`",
}
"""How the types of JSON Schema are called."""


def _type(value: Schema, schema: Schema) -> str:
    match value:
        case {"$ref": str(where)}:
            named = schema["$defs"][where.rpartition("/")[2]]
            said = "a section" if "properties" in named else _type(named, schema)
        case {"anyOf": several}:
            said = " or ".join(dict.fromkeys(_type(one, schema) for one in several))
        case {"const": one}:
            said = f"`{one}`"
        case {"enum": several}:
            said = ", ".join(f"`{one}`" for one in several)
        case {"type": "array", **rest}:
            said = f"a list: {_type(rest.get('items', {}), schema)}"
        case {"type": "object", "additionalProperties": dict() as element}:
            said = f"a mapping to {_type(element, schema)}"
        case {"type": "object"}:
            said = "a mapping"
        case _:
            said = WORDS.get(value.get("type", ""), "any value") + _bounds(value)
    return said


def _bounds(value: Schema) -> str:
    low, high = value.get("minimum"), value.get("maximum")
    above, below = value.get("exclusiveMinimum"), value.get("exclusiveMaximum")
    words = [
        f"from {low}" if low is not None else "",
        f"above {above}" if above is not None else "",
        f"to {high}" if high is not None else "",
        f"below {below}" if below is not None else "",
    ]
    said = " ".join(word for word in words if word)
    return f" {said}" if said else ""


def _default(key: str, value: Schema, required: set[str]) -> str:
    if key in required:
        return "*required*"
    default = value.get("default")
    if "default" not in value or default is None or default in ({}, []):
        return ""
    return f"`{json.dumps(default)}`"


def _flag(name: str | None) -> str:
    return f"`{name}`" if name else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
