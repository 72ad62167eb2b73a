"""A small evaluator of Python expressions: what a declaration needs, and nothing with effects.

Names are followed through the modules of the wheel. Whatever depends on the machine (``is_hip()``)
or needs more of Python raises CannotEvaluateError; nothing is guessed and nothing is executed.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from typing import Any

from tools.catalogue.names import Names, Scope
from tools.catalogue.values import (
    CannotEvaluateError,
    Computed,
    External,
    Instance,
    Lambda,
    Symbol,
)

OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
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
ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.LShift: operator.lshift,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.FloorDiv: operator.floordiv,
}
"""For small numbers only, so that no source can ask for gigabytes."""
LARGEST = 2**64
METHODS: dict[type, frozenset[str]] = {
    str: frozenset(("join", "lower", "replace", "split", "strip", "upper")),
    dict: frozenset(("get", "items", "keys", "values")),
    list: frozenset(("append", "extend", "index")),
    set: frozenset(("add", "union", "update")),
}
DEPTH = 60
"""How deep names may lead to names; the sources need less than 20."""


class Evaluator:
    """Evaluates expressions; a subclass says what a call of a function in the wheel means."""

    def __init__(self) -> None:
        self.names = Names(self.evaluate)
        self._depth = 0

    def call_function(self, function: Symbol, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Interpret a function of the wheel; here none is."""
        msg = f"{function.dotted} is a function, called with {len(args) + len(kwargs)} values"
        raise CannotEvaluateError(msg)

    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        """Give the value of an expression; raises CannotEvaluateError."""
        if self._depth > DEPTH:
            msg = f"names lead in circles in {scope.module.name}"
            raise CannotEvaluateError(msg)
        self._depth += 1
        try:
            return self._evaluate(node, scope)
        except (TypeError, ValueError, KeyError, IndexError, ArithmeticError) as error:
            msg = f"{ast.unparse(node)[:120]}: {error}"
            raise CannotEvaluateError(msg) from error
        finally:
            self._depth -= 1

    def iterate(self, value: Any) -> list[Any]:
        """Give the items of a collection or the members of an enumeration."""
        if isinstance(value, Symbol):
            return list(self.names.members(value))
        if isinstance(value, list | tuple | set | frozenset | dict | range):
            return list(value)
        msg = f"{value!r} is no collection"
        raise CannotEvaluateError(msg)

    def _evaluate(self, node: ast.expr, scope: Scope) -> Any:  # noqa: C901, PLR0911 (one kind a line)
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.names.find(name, scope)
            case ast.Attribute(value=owner, attr=name):
                return self.names.attribute(self.evaluate(owner, scope), name)
            case ast.List() | ast.Tuple() | ast.Set():
                items = self._items(node.elts, scope)
                return {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)](items)
            case ast.Dict():
                return self._dict(node, scope)
            case ast.JoinedStr(values=values):
                return "".join(self._part(value, scope) for value in values)
            case ast.BinOp(left=left, op=op, right=right):
                return _binary(op, self.evaluate(left, scope), self.evaluate(right, scope))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return _binary(op, self.evaluate(left, scope), self.evaluate(right, scope))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.evaluate(operand, scope)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.evaluate(operand, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node, scope)
            case ast.Subscript(value=owner, slice=index):
                return self.evaluate(owner, scope)[self.evaluate(index, scope)]
            case ast.Lambda():
                return Lambda(scope.module, node)
            case ast.Call():
                return self._call(node, scope)
        msg = f"cannot read {ast.unparse(node)[:120]} in {scope.module.name}"
        raise CannotEvaluateError(msg)

    def _items(self, nodes: list[ast.expr], scope: Scope) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.iterate(self.evaluate(node.value, scope))
            else:
                yield self.evaluate(node, scope)

    def _dict(self, node: ast.Dict, scope: Scope) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                found |= self.evaluate(value, scope)
                continue
            try:
                found[self.evaluate(key, scope)] = self.evaluate(value, scope)
            except CannotEvaluateError:  # a registry's keys are the choices; its values may be code
                found[self.evaluate(key, scope)] = Computed(ast.unparse(value))
        return found

    def _part(self, node: ast.expr, scope: Scope) -> str:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.FormattedValue(value=value, conversion=conversion, format_spec=None):
                found = self.evaluate(value, scope)
                if isinstance(found, str | int | float | list | tuple | dict):
                    return repr(found) if conversion == ord("r") else str(found)
        msg = f"cannot format {ast.unparse(node)}"
        raise CannotEvaluateError(msg)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope
    ) -> list[Any] | set[Any]:
        match node.generators:
            case [ast.comprehension(target=ast.Name(id=name), iter=source, ifs=tests)]:
                inner = (
                    Scope(scope.module, {**scope.names, name: item})
                    for item in self.iterate(self.evaluate(source, scope))
                )
                found = [
                    self.evaluate(node.elt, it)
                    for it in inner
                    if all(self.evaluate(test, it) for test in tests)
                ]
                return set(found) if isinstance(node, ast.SetComp) else found
        msg = f"cannot read {ast.unparse(node)[:120]}"
        raise CannotEvaluateError(msg)

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        args = list(self._items(node.args, scope))
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            kwargs |= value if keyword.arg is None else {keyword.arg: value}
        if isinstance(node.func, ast.Attribute):
            owner = self.evaluate(node.func.value, scope)
            if node.func.attr in METHODS.get(type(owner), ()):
                found = getattr(owner, node.func.attr)(*args, **kwargs)
                return list(found) if node.func.attr in ("items", "keys", "values") else found
            if isinstance(owner, Instance) and node.func.attr == "get":
                return _environment_default(owner)
        return self._apply(self.evaluate(node.func, scope), args, kwargs)

    def _apply(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        match function:
            case External(name="sys.modules.get"):
                return None  # what a fresh process has imported: nothing
            case External(name="os.path.expanduser"):
                return args[0]  # `~` is what the source says, for every user
            case External(name=name) if name.startswith("builtins."):
                return self._builtin(name.removeprefix("builtins."), args, kwargs)
            case Symbol(node=ast.FunctionDef()):
                return self.call_function(function, args, kwargs)
            case Symbol() | External():
                return Instance(function, tuple(args), kwargs)
        msg = f"cannot call {function!r}"
        raise CannotEvaluateError(msg)

    def _builtin(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if name in ("list", "tuple", "set", "frozenset", "sorted"):
            maker = {"list": list, "tuple": tuple, "sorted": sorted}.get(name, set)
            return maker(*(self.iterate(arg) for arg in args), **kwargs)
        if name == "range" and all(isinstance(arg, int) and abs(arg) < LARGEST for arg in args):
            found = range(*args)
            if len(found) <= 10_000:  # noqa: PLR2004  # more cannot be a list of choices
                return list(found)
        if name in ("str", "int", "float", "bool", "dict") and not kwargs:
            return {"str": str, "int": int, "float": float, "bool": bool, "dict": dict}[name](*args)
        msg = f"cannot call {name} with {args!r}"
        raise CannotEvaluateError(msg)


def _binary(op: ast.AST, left: Any, right: Any) -> Any:
    if type(op) in OPERATORS:
        return OPERATORS[type(op)](left, right)
    small = all(isinstance(it, int | float) and abs(it) < LARGEST for it in (left, right))
    if type(op) in ARITHMETIC and small and (isinstance(op, ast.Mult) or right < 128):  # noqa: PLR2004
        return ARITHMETIC[type(op)](left, right)
    msg = f"cannot compute {type(op).__name__} of {left!r} and {right!r}"
    raise CannotEvaluateError(msg)


def _environment_default(field: Instance) -> Any:
    """``envs.SGLANG_X.get()``: the declared default, as where nobody set the variable."""
    if isinstance(field.maker, Symbol) and field.maker.module.name == "sglang.srt.environ":
        default = field.args[0] if field.args else field.kwargs.get("default")
        if default is None or isinstance(default, bool | int | float | str):
            return default
    msg = f"cannot call get on {field.maker!r}"
    raise CannotEvaluateError(msg)
