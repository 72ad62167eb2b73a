"""A small evaluator of Python expressions: what a declaration needs, and nothing with effects.

Names are followed through the modules of the wheel. Whatever depends on the machine (``is_hip()``)
or needs more of Python raises CannotEvaluateError; nothing is guessed and nothing is executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from deployer.catalogue.compute import METHODS, binary, builtin
from deployer.catalogue.names import Names, Scope
from deployer.catalogue.values import (
    CannotEvaluateError,
    Computed,
    External,
    Instance,
    Lambda,
    Symbol,
    Value,
    known,
    to_json,
)

UNREADABLE = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What Python raises where values do not fit an operation: the source is not what is read here."""
DEPTH = 60
"""How deep names may lead to names; the sources need less than 20."""


class Evaluator:
    """Evaluates expressions; a subclass says what a call of a function in the wheel means."""

    def __init__(self) -> None:
        self.names = Names(self.evaluate)
        self._depth = 0

    def call_function(self, function: Symbol, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """Interpret a function of the wheel; here none is."""
        msg = f"{function.dotted} is a function, called with {len(args) + len(kwargs)} values"
        raise CannotEvaluateError(msg)

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        """Give the value of an expression; raises CannotEvaluateError."""
        if self._depth > DEPTH:
            msg = f"names lead in circles in {scope.module.name}"
            raise CannotEvaluateError(msg)
        self._depth += 1
        try:
            return self._evaluate(node, scope)
        except UNREADABLE as error:
            msg = f"{ast.unparse(node)[:120]}: {error}"
            raise CannotEvaluateError(msg) from error
        finally:
            self._depth -= 1

    def iterate(self, value: Value) -> list[Value]:
        """Give the items of a collection or the members of an enumeration."""
        if isinstance(value, Symbol):
            return list(self.names.members(value))
        if isinstance(value, list | tuple | set | frozenset | dict | range):
            return list(value)
        msg = f"{value!r} is no collection"
        raise CannotEvaluateError(msg)

    def _evaluate(self, node: ast.expr, scope: Scope) -> Value:  # noqa: C901, PLR0911, PLR0912  # one kind of node a case
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
                return binary(op, self.evaluate(left, scope), self.evaluate(right, scope))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return binary(op, self.evaluate(left, scope), self.evaluate(right, scope))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.evaluate(operand, scope)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not known(self.evaluate(operand, scope))
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

    def _items(self, nodes: list[ast.expr], scope: Scope) -> Iterator[Value]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.iterate(self.evaluate(node.value, scope))
            else:
                yield self.evaluate(node, scope)

    def _dict(self, node: ast.Dict, scope: Scope) -> dict[Value, Value]:
        found: dict[Value, Value] = {}
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
                    to_json(found)  # or it holds something that has no text before the engine runs
                    return repr(found) if conversion == ord("r") else str(found)
        msg = f"cannot format {ast.unparse(node)}"
        raise CannotEvaluateError(msg)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope
    ) -> list[Value] | set[Value]:
        match node.generators:
            case [ast.comprehension(target=ast.Name(id=name), iter=source, ifs=tests)]:
                inner = (
                    Scope(scope.module, {**scope.names, name: item})
                    for item in self.iterate(self.evaluate(source, scope))
                )
                found = [
                    self.evaluate(node.elt, it)
                    for it in inner
                    if all(known(self.evaluate(test, it)) for test in tests)
                ]
                return set(found) if isinstance(node, ast.SetComp) else found
        msg = f"cannot read {ast.unparse(node)[:120]}"
        raise CannotEvaluateError(msg)

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        args = list(self._items(node.args, scope))
        kwargs: dict[str, Value] = {}
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

    def _apply(self, function: Value, args: list[Value], kwargs: dict[str, Value]) -> Value:
        match function:
            case External(name="sys.modules.get"):
                return None  # what a fresh process has imported: nothing
            case External(name="os.path.expanduser"):
                return args[0]  # `~` is what the source says, for every user
            case External(name=name) if name.startswith("builtins."):
                return builtin(self.iterate, name.removeprefix("builtins."), args, kwargs)
            case Symbol(node=ast.FunctionDef()):
                return self.call_function(function, args, kwargs)
            case Symbol() | External():
                return Instance(function, tuple(args), kwargs)
        msg = f"cannot call {function!r}"
        raise CannotEvaluateError(msg)


def _environment_default(field: Instance) -> Value:
    """``envs.SGLANG_X.get()``: the declared default, as where nobody set the variable."""
    if isinstance(field.maker, Symbol) and field.maker.module.name == "sglang.srt.environ":
        default = field.args[0] if field.args else field.kwargs.get("default")
        if default is None or isinstance(default, bool | int | float | str):
            return default
    msg = f"cannot call get on {field.maker!r}"
    raise CannotEvaluateError(msg)
