"""The JSON Schema of a profile, for editors: keys, choices and each field's documentation."""

from __future__ import annotations

import json
from typing import Any

from deployer.facts.sglang.replacements_table import SPELLINGS
from deployer.profile.documentation import field_docs
from deployer.profile.fields import flags_in, section_models
from deployer.profile.flag import Flag
from deployer.profile.model import Profile

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The dialect that the YAML language server reads."""

Json = dict[str, Any]

KEPT = ("name", "extends", "environments")
"""Keys that a file has for itself: there is nothing below them to take away."""

SHOWN = ("description", "default")


def schema_text(*, part: bool = False) -> str:
    """Write the schema, the same bytes for the same fields.

    With ``part`` nothing is required, and anything can be taken away: for a profile that extends
    another file, and for that file.
    """
    schema = profile_schema()
    return json.dumps(_partial(schema) if part else schema, indent=2, ensure_ascii=False) + "\n"


def _partial(schema: Json) -> Json:
    """Require no key of any section, and let each be `null`, which takes away what is below it."""
    return {
        **_optional(schema),
        "$defs": {name: _optional(section) for name, section in schema["$defs"].items()},
    }


def _optional(section: Json) -> Json:
    found = {key: value for key, value in section.items() if key != "required"}
    if "properties" in section:
        found["properties"] = {
            name: value if name in KEPT else _or_null(value)
            for name, value in section["properties"].items()
        }
    return found


def _or_null(value: Json) -> Json:
    """Let a key be `null`, too; what an editor shows of it stays where the editor looks."""
    kept = {key: value[key] for key in SHOWN if key in value}
    rest = {key: each for key, each in value.items() if key not in SHOWN}
    if isinstance(free := rest.get("additionalProperties"), dict):
        rest["additionalProperties"] = _or_null(free)
    if "patternProperties" in rest:
        named = rest["patternProperties"]
        rest["patternProperties"] = {name: _or_null(each) for name, each in named.items()}
    return {**kept, "anyOf": [rest, {"type": "null"}]}


def profile_schema() -> Json:
    """Build the schema: pydantic's, with flags named and without what editors stumble over."""
    raw = Profile.model_json_schema()
    body = _cleaned(raw)
    _document(body)
    return {"$schema": DIALECT, "title": "deployer profile", **body}


def _cleaned(node: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Drop generated titles and section defaults, join lines, and unwrap `X or null`."""
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = _unwrapped(node)
    kept = {key: _entry(key, value) for key, value in node.items() if not _noise(key, value)}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].split())
    return kept


def _entry(key: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Clean below `properties` and `$defs` by entry: a field may be called `title`."""
    if key in {"properties", "$defs"}:
        return {name: _cleaned(item) for name, item in value.items()}
    return value if key in {"enum", "const", "default"} else _cleaned(value)


def _noise(key: str, value: object) -> bool:
    return key == "title" or (key == "default" and (value is None or isinstance(value, dict)))


def _unwrapped(node: Json) -> Json:
    """Turn `anyOf: [X, null], default: null` into X: leaving a key out says the same."""
    options = node.get("anyOf")
    if not isinstance(options, list) or node.get("default", "") is not None:
        return node
    stated = [option for option in options if option != {"type": "null"}]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return {**rest, **stated[0]} if len(stated) == 1 else {**rest, "anyOf": stated}


def _document(schema: Json) -> None:
    """Put each field's docstring into its description, with the flag that it compiles to."""
    for kind in section_models():
        properties = schema if kind is Profile else schema["$defs"][kind.__name__]
        docs = field_docs(kind)
        for name, field in kind.model_fields.items():
            spelt = "".join(f" SGLang: `{_spelt(flag)}`." for flag in flags_in(field))
            properties["properties"][name]["description"] = docs[name] + spelt


def _spelt(flag: Flag) -> str:
    """Name a field's flag, and how older or newer releases spell it."""
    found = [flag.name]
    for row in SPELLINGS:
        (new, *more) = row.new
        if new.flag == flag.name and row.old.flag != flag.name and not (new.values or more):
            found.append(f"before {row.since} `{row.old.flag}")
        if row.old.flag == flag.name and new.flag != flag.name:
            words = (word for form in row.new for word in (form.flag, *(form.values or ())))
            found.append(f"from {row.since} `{' '.join(words)}")
    return "`, ".join(found)
