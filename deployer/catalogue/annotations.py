"""Annotations as SGLang writes them: ``A[Optional[int], Arg(help=…), NS("memory")]``."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from deployer.catalogue.evaluate import Evaluator
from deployer.catalogue.names import Scope
from deployer.catalogue.source import Module
from deployer.catalogue.values import CannotEvaluateError, Instance, Symbol, Value

ARG_FIELDS = (
    "help",
    "choices",
    "aliases",
    "cli_name",
    "type_parser",
    "nargs",
    "required",
    "action",
    "action_kwargs",
    "const",
    "no_cli",
)
"""The fields of SGLang's ``Arg`` that reach the command line, in their order."""


@dataclass(frozen=True)
class Annotated:
    """The type of a field, what its ``Arg`` says, and its ``NS``."""

    type: ast.expr
    arg: dict[str, Value]
    namespace: str


@dataclass(frozen=True)
class Described:
    """A type as argparse needs it: the converter's name, a list of it, or one of some literals."""

    type: str
    is_list: bool = False
    literals: tuple[Value, ...] = ()


def unwrap(evaluator: Evaluator, node: ast.expr, module: Module) -> Annotated | None:
    """Take an annotation apart; None where it says nothing about the command line."""
    match node:
        case ast.Subscript(value=ast.Name(id="A" | "Annotated"), slice=ast.Tuple(elts=parts)):
            found = [evaluator.evaluate(it, Scope(module)) for it in parts[1:]]
            args = [it for it in map(_arg, found) if it is not None]
            spaces = [it.args[0] for it in found if _is(it, "NS")]
            if args:
                return Annotated(parts[0], args[0], spaces[0] if spaces else "")
    return None


def _is(value: Value, name: str) -> bool:
    return (
        isinstance(value, Instance) and isinstance(value.maker, Symbol) and value.maker.name == name
    )


def _arg(value: Value) -> dict[str, Value] | None:
    if isinstance(value, str):
        return {"help": value}
    if isinstance(value, Instance) and _is(value, "Arg"):
        positional: dict[str, Value] = dict(zip(ARG_FIELDS, value.args, strict=False))
        return positional | value.kwargs
    return None


def describe(evaluator: Evaluator, node: ast.expr, module: Module) -> Described:  # noqa: PLR0911  # one form a case
    """Describe a type; raises CannotEvaluateError where the source cannot be read."""
    match node:
        case ast.Constant(value=str(text)):
            return describe(evaluator, ast.parse(text, mode="eval").body, module)
        case ast.Name(id="bool" | "int" | "float" | "str" as name):
            return Described(name)
        case ast.BinOp(op=ast.BitOr()):
            return _union(evaluator, _flat(node), module)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return describe(evaluator, inner, module)
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=parts)):
            return _union(evaluator, parts, module)
        case ast.Subscript(value=ast.Name(id="List" | "list"), slice=inner):
            return Described(_converter(describe(evaluator, inner, module)), is_list=True)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            nodes = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            values = tuple(evaluator.evaluate(it, Scope(module)) for it in nodes)
            kind = type(values[0]).__name__
            return Described(kind if kind in ("int", "float") else "str", literals=values)
        case ast.Name(id=name):
            return _named(evaluator, name, module)
    return Described("str")


def _converter(element: Described) -> str:
    """An element's converter: argparse gets ``str`` for everything but ``int`` and ``float``."""
    plain = element.type in ("int", "float") and not (element.is_list or element.literals)
    return element.type if plain else "str"


def _flat(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_flat(node.left), *_flat(node.right)]
    return [node]


def _union(evaluator: Evaluator, parts: list[ast.expr], module: Module) -> Described:
    real = [it for it in parts if not (isinstance(it, ast.Constant) and it.value is None)]
    return describe(evaluator, real[0], module) if len(real) == 1 else Described("str")


def _named(evaluator: Evaluator, name: str, module: Module) -> Described:
    """A name of the module's own: an alias such as ``Phase = Literal["decode", "prefill"]``."""
    binding = module.bindings.get(name)
    match binding:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return describe(evaluator, value, module)
        case ast.ImportFrom(names=names):
            origin = module.library.module(module.origin(binding))
            original = next(it.name for it in names if (it.asname or it.name) == name)
            if origin is not None and original in origin.bindings:
                return _named(evaluator, original, origin)
            return Described("str")
        case None:
            msg = f"{module.name} does not say what the type {name} is"
            raise CannotEvaluateError(msg)
    return Described("str")
