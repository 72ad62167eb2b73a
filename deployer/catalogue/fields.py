"""Declared fields of ``ServerArgs`` and the options that SGLang derives from them.

Two layouts: annotated fields of a dataclass (0.5.14 to 0.5.19), and ``msgspec`` structs with a
``_NS_PATH`` each, listed in ``_INPUT_NAMESPACES`` (from 0.5.20). The rules are those of the wheel's
own ``srt/arg_groups/arg_utils.py``, function ``add_cli_args_from_dataclass``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from deployer.catalogue.annotations import Described, describe, unwrap
from deployer.catalogue.evaluate import Evaluator
from deployer.catalogue.names import Scope
from deployer.catalogue.source import Module
from deployer.catalogue.values import (
    CannotEvaluateError,
    Computed,
    External,
    Instance,
    Lambda,
    Symbol,
    Value,
)

MISSING = object()
FIELD_MAKERS = frozenset(("dataclasses.field", "msgspec.field"))


@dataclass(frozen=True)
class Field:
    """One declared field: where it stands, its annotation, its default, its namespace."""

    name: str
    owner: Symbol
    annotation: ast.expr
    default: ast.expr | None
    namespace: str


@dataclass(frozen=True)
class Registration:
    """One call of ``add_argument``: the spellings, the keywords, the namespace of the field."""

    names: tuple[str, ...]
    kwargs: dict[str, Value]
    namespace: str = ""


def collect(evaluator: Evaluator, server_args: Module) -> dict[str, Field]:
    """Give every field in the order of the record; a later declaration replaces an earlier."""
    record = server_args.definition("ServerArgs")
    if not isinstance(record, ast.ClassDef):
        msg = f"{server_args.name} has no class ServerArgs"
        raise CannotEvaluateError(msg)
    found: dict[str, Field] = {}
    if "_INPUT_NAMESPACES" in server_args.bindings:
        spaces = evaluator.names.find("_INPUT_NAMESPACES", Scope(server_args))
        for space in spaces:
            path = str(evaluator.names.attribute(space, "_NS_PATH"))
            found |= {it.name: it for it in _fields_of(space, path)}
        found = _in_order(evaluator, server_args.library.module(_FIELDS), found)
    found |= {it.name: it for it in _fields_of(Symbol(server_args, record), "")}
    return found


_FIELDS = "sglang.srt.arg_groups.field_order"


def _fields_of(owner: Symbol, namespace: str) -> Iterator[Field]:
    for node in owner.node.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                yield Field(name, owner, annotation, value, namespace)


def _in_order(
    evaluator: Evaluator, module: Module | None, fields: dict[str, Field]
) -> dict[str, Field]:
    if module is None:
        return fields
    order = evaluator.names.find("POSITIONAL_FIELD_ORDER", Scope(module))
    first = {name: fields[name] for name in order if name in fields}
    return first | {name: it for name, it in fields.items() if name not in first}


def default_of(evaluator: Evaluator, field: Field) -> Value:
    """Give the default of a field: a value, Computed, or MISSING where it has none."""
    if field.default is None:
        return MISSING
    scope = Scope(field.owner.module)
    try:
        value = evaluator.evaluate(field.default, scope)
        if isinstance(value, Instance):
            return _made(evaluator, value, field.default)
    except CannotEvaluateError:
        return Computed(ast.unparse(field.default))
    return value


def _made(evaluator: Evaluator, value: Instance, node: ast.expr) -> Value:
    """``field(default=…)`` and ``field(default_factory=…)``."""
    if isinstance(value.maker, External) and value.maker.name in FIELD_MAKERS:
        if "default" in value.kwargs:
            return value.kwargs["default"]
        factory = value.kwargs.get("default_factory")
        match factory:
            case External(name="builtins.list"):
                return []
            case External(name="builtins.dict"):
                return {}
            case Lambda(module=module, node=body):
                return evaluator.evaluate(body.body, Scope(module))
    return Computed(ast.unparse(node))


def derive(evaluator: Evaluator, fields: dict[str, Field]) -> Iterator[Registration]:
    """Give the options that SGLang derives from annotated fields, in the order of the record."""
    for field in fields.values():
        found = unwrap(evaluator, field.annotation, field.owner.module)
        if found is None or found.arg.get("no_cli"):
            continue
        name = found.arg.get("cli_name") or "--" + field.name.replace("_", "-")
        names = (name, *(found.arg.get("aliases") or ()))
        described = describe(evaluator, found.type, field.owner.module)
        kwargs = {"help": found.arg.get("help", ""), "dest": field.name}
        default = default_of(evaluator, field)
        if default is not MISSING:
            kwargs["default"] = default
        kwargs |= _keywords(found.arg, described, required=default is MISSING)
        yield Registration(names, kwargs, field.namespace or found.namespace)


def _keywords(arg: dict[str, Value], described: Described, *, required: bool) -> dict[str, Value]:
    if arg.get("action") is not None:
        return {"action": arg["action"], **(arg.get("action_kwargs") or {})}
    parser = arg.get("type_parser")
    const = {} if arg.get("const") is None else {"const": arg["const"]}
    if described.literals:
        choices = arg.get("choices") or list(described.literals)
        return {"type": parser or described.type, "choices": choices, **const}
    choices = {"choices": arg["choices"]} if arg.get("choices") else {}
    if described.is_list and parser is None:
        return {"type": described.type, "nargs": arg.get("nargs") or "+", **choices, **const}
    if described.type == "bool":
        return {"action": "store_true"}
    nargs = {"nargs": arg["nargs"]} if arg.get("nargs") else {}
    must = arg["required"] if arg.get("required") is not None else required
    return {
        "type": parser or described.type,
        **choices,
        **nargs,
        **const,
        **({"required": True} if must else {}),
    }
