"""The JSON Schema of a profile, for editors: keys, choices and each field's documentation."""

from __future__ import annotations

import inspect
import json
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from deployer.facts.sglang.replacements_table import SPELLINGS
from deployer.profile.documentation import field_docs
from deployer.profile.field import Limits, Made
from deployer.profile.fields import flags_in, section_models
from deployer.profile.flag import Flag
from deployer.profile.model import Profile
from deployer.profile.section import FieldInfo, Section

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The dialect that the YAML language server reads."""

Json = dict[str, Any]
Limited: TypeAlias = tuple[Limits, ...]

_NAMES = {
    str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null",
}  # fmt: skip
_KEYWORDS = {
    "gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum",
    "min_length": "minLength", "max_length": "maxLength", "pattern": "pattern",
}  # fmt: skip


def schema_text() -> str:
    """Write the schema, the same bytes for the same fields."""
    return json.dumps(profile_schema(), indent=2, ensure_ascii=False) + "\n"


def profile_schema() -> Json:
    """Build the schema from the sections' fields: what is left out may not be `null`."""
    below = {kind.__name__: _section(kind) for kind in section_models() if kind is not Profile}
    return {
        "$schema": DIALECT,
        "title": "deployer profile",
        "$defs": dict(sorted(below.items())),
        **_section(Profile),
    }


def _section(kind: type[Section]) -> Json:
    docs = field_docs(kind)
    required = [name for name, field in kind.model_fields.items() if field.is_required()]
    return {
        "additionalProperties": False,
        "description": " ".join(inspect.cleandoc(kind.__doc__ or "").split()),
        "properties": {name: _field(each, docs[name]) for name, each in kind.model_fields.items()},
        **({"required": required} if required else {}),
        "type": "object",
    }


def _field(field: FieldInfo, doc: str) -> Json:
    """Say a field, with its docstring and the flag that it compiles to."""
    default = field.default
    stated = default is not None and not isinstance(default, Section | Made)
    kind = _type(field.declared, null=stated)
    if stated and not field.is_required():
        kind["default"] = list(default) if isinstance(default, tuple) else default
    spelt = "".join(f" SGLang: `{_spelt(flag)}`." for flag in flags_in(field))
    return {**dict(sorted(kind.items())), "description": doc + spelt}


def _type(annotation: Any, limits: Limited = (), *, null: bool = True) -> Json:  # noqa: ANN401 - of a field
    """Say a type that fields have; raises KeyError for one that is not known."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        own = (each for each in arguments[1:] if isinstance(each, Limits))
        return _type(arguments[0], (*own, *limits), null=null)
    if origin in {Union, UnionType}:
        arms = [_type(arm, limits) for arm in arguments if null or arm is not NoneType]
        return arms[0] if len(arms) == 1 else {"anyOf": arms}
    if origin is Literal:
        name = _NAMES[type(arguments[0])]
        one = len(arguments) == 1
        return (
            {"const": arguments[0], "type": name} if one else {"enum": [*arguments], "type": name}
        )
    if origin in {dict, list, tuple}:
        inner, *values = map(_type, arguments[:2] if origin is dict else arguments[:1])
        return _mapping(inner, *values) if values else {"items": inner, "type": "array"}
    if issubclass(annotation, Section):
        return {"$ref": f"#/$defs/{annotation.__name__}"}
    stated = {_KEYWORDS[name]: limit for each in limits for name, limit in each.limits.items()}
    return dict(sorted({**stated, "type": _NAMES[annotation]}.items()))


def _mapping(keys: Json, values: Json) -> Json:
    more = {name: limit for name, limit in keys.items() if name not in {"pattern", "type"}}
    return {
        "additionalProperties": False,
        "patternProperties": {keys["pattern"]: values},
        **({"propertyNames": more} if more else {}),
        "type": "object",
    }


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
