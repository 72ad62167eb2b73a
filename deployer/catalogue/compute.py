"""The operators, methods and built-in functions that a declaration may use: none has an effect."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from deployer.catalogue.values import CannotEvaluateError, Value, known

OPERATORS: dict[type[ast.AST], Callable[[Value, Value], Value]] = {
    ast.Add: operator.add,
    ast.BitOr: operator.or_,
    ast.Sub: operator.sub,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
ARITHMETIC: dict[type[ast.AST], Callable[[Value, Value], Value]] = {
    ast.LShift: operator.lshift,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.FloorDiv: operator.floordiv,
}
"""For small numbers only, so that no source can ask for gigabytes."""
LARGEST = 2**64
HIGHEST_POWER = 128
METHODS: dict[type, frozenset[str]] = {
    str: frozenset(("join", "lower", "replace", "split", "strip", "upper")),
    dict: frozenset(("get", "items", "keys", "values")),
    list: frozenset(("append", "extend", "index")),
    set: frozenset(("add", "union", "update")),
}
COLLECTIONS: dict[str, Callable[..., Value]] = {
    "frozenset": set,
    "list": list,
    "set": set,
    "sorted": sorted,
    "tuple": tuple,
}
CONVERTERS: dict[str, Callable[..., Value]] = {
    "bool": bool,
    "dict": dict,
    "float": float,
    "int": int,
    "str": str,
}
LONGEST = 10_000
"""More values than this are no list of choices."""


def binary(op: ast.AST, left: Value, right: Value) -> Value:
    """Compute one operator; raises CannotEvaluateError where it is none of the tables'."""
    if type(op) in OPERATORS:
        return OPERATORS[type(op)](known(left), known(right))
    small = all(isinstance(it, int | float) and abs(it) < LARGEST for it in (left, right))
    if type(op) in ARITHMETIC and small and (isinstance(op, ast.Mult) or right < HIGHEST_POWER):
        return ARITHMETIC[type(op)](left, right)
    msg = f"cannot compute {type(op).__name__} of {left!r} and {right!r}"
    raise CannotEvaluateError(msg)


def builtin(
    iterate: Callable[[Value], list[Value]], name: str, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    """Call a built-in function; ``iterate`` gives the items of what it is called with."""
    if name in COLLECTIONS and not kwargs:
        return COLLECTIONS[name](*(iterate(arg) for arg in args))
    if name == "range" and all(isinstance(arg, int) for arg in args):
        found = range(*args)
        if len(found) <= LONGEST:
            return list(found)
    if name in CONVERTERS and not kwargs:
        return CONVERTERS[name](*map(known, args))
    msg = f"cannot call {name} with {args!r}"
    raise CannotEvaluateError(msg)
