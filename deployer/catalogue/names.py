"""What a name means: in a function, in a class body, in its module, in the modules of the wheel."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from deployer.catalogue.source import Library, Module, bindings_of
from deployer.catalogue.values import (
    CannotEvaluateError,
    Computed,
    External,
    Instance,
    Member,
    Symbol,
    Value,
)

BUILTINS = frozenset(
    ("bool", "dict", "float", "frozenset", "int", "list", "range", "set", "sorted", "str", "tuple")
)
ENUMS = frozenset(("enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.IntFlag", "enum.Flag"))


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: its module, and the names of the function or class around it."""

    module: Module
    names: dict[str, Value] = field(default_factory=dict)


class Names:
    """Looks names and attributes up; the evaluator of expressions is handed in."""

    def __init__(self, evaluate: Callable[[ast.expr, Scope], Value]) -> None:
        self._evaluate = evaluate

    def find(self, name: str, scope: Scope) -> Value:
        """Give what a name stands for; raises CannotEvaluateError where nothing binds it."""
        if name in scope.names:
            return scope.names[name]
        if name in scope.module.bindings:
            return self.bound(name, scope.module.bindings[name], Scope(scope.module))
        if name in BUILTINS:
            return External(f"builtins.{name}")
        msg = f"{scope.module.name} does not say what {name} is"
        raise CannotEvaluateError(msg)

    def bound(self, name: str, node: ast.stmt, scope: Scope) -> Value:
        """Give the value that a statement binds to a name."""
        match node:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self._evaluate(value, scope)
            case ast.FunctionDef() | ast.ClassDef():
                return Symbol(scope.module, node)
            case ast.Import(names=names):
                return _imported(name, names, scope.module.library)
            case ast.ImportFrom(names=names):
                original = next(it.name for it in names if (it.asname or it.name) == name)
                return self._from(scope.module.origin(node), original, scope.module.library)
        msg = f"{name} is bound by a {type(node).__name__} in {scope.module.name}"
        raise CannotEvaluateError(msg)

    def attribute(self, owner: Value, name: str) -> Value:
        """Give an attribute of a module, a class, an enumeration's member or something outside."""
        match owner:
            case External():
                return External(f"{owner.name}.{name}")
            case Module():
                return self.find(name, Scope(owner))
            case Member() if name in ("name", "value"):
                return getattr(owner, name)
            case Symbol(node=ast.ClassDef()):
                return self._of_class(owner, name)
            case Instance(maker=Symbol(node=ast.ClassDef()) as maker):
                return self._of_class(maker, name)
            case Symbol() if name == "__doc__":
                return ast.get_docstring(owner.node) or ""
        msg = f"{owner!r} has no {name} that can be read without running it"
        raise CannotEvaluateError(msg)

    def members(self, owner: Symbol) -> list[Member]:
        """Give the members of an enumeration, in order."""
        if not self._is_enum(owner):
            msg = f"{owner.dotted} is no enumeration"
            raise CannotEvaluateError(msg)
        return [
            self._member(owner, name, node)
            for name, node in bindings_of(owner.node.body).items()
            if isinstance(node, ast.Assign) and not name.startswith("_")
        ]

    def bases(self, owner: Symbol) -> Iterator[Value]:
        """Give the classes that a class inherits from, as far as they can be named."""
        for base in owner.node.bases:  # type: ignore[union-attr]
            try:
                yield self._evaluate(base, Scope(owner.module))
            except CannotEvaluateError:
                continue

    def _of_class(self, owner: Symbol, name: str) -> Value:
        bindings = bindings_of(owner.node.body)
        if name not in bindings:
            for base in self.bases(owner):
                if isinstance(base, Symbol):
                    return self._of_class(base, name)
            msg = f"{owner.dotted} has no {name}"
            raise CannotEvaluateError(msg)
        node = bindings[name]
        if isinstance(node, ast.Assign) and self._is_enum(owner):
            return self._member(owner, name, node)
        return self.bound(name, node, Scope(owner.module, _LazyBody(self, owner)))

    def _member(self, owner: Symbol, name: str, node: ast.Assign) -> Member:
        try:
            value = self._evaluate(node.value, Scope(owner.module))
        except CannotEvaluateError:
            value = Computed(ast.unparse(node.value))
        return Member(owner.name, name, value)

    def _is_enum(self, owner: Symbol) -> bool:
        return any(isinstance(it, External) and it.name in ENUMS for it in self.bases(owner))

    def _from(self, module_name: str, name: str, library: Library) -> Value:
        module = library.module(module_name)
        if module is not None and name in module.bindings:
            return self.find(name, Scope(module))
        for star in module.stars if module is not None else ():
            if (found := library.module(star)) is not None and name in found.bindings:
                return self.find(name, Scope(found))
        submodule = library.module(f"{module_name}.{name}")
        return submodule or External(f"{module_name}.{name}")


class _LazyBody(dict[str, Value]):
    """The names of a class body, evaluated when an expression in it asks for them."""

    def __init__(self, names: Names, owner: Symbol) -> None:
        super().__init__()
        self._names = names
        self._owner = owner
        self._bindings = bindings_of(owner.node.body)

    def __contains__(self, name: object) -> bool:
        return name in self._bindings

    def __missing__(self, name: str) -> Value:
        return self._names.bound(name, self._bindings[name], Scope(self._owner.module))


def _imported(name: str, names: list[ast.alias], library: Library) -> Value:
    for alias in names:
        if (alias.asname or alias.name.partition(".")[0]) == name:
            dotted = alias.name if alias.asname else name
            return library.module(dotted) or External(dotted)
    msg = f"no import binds {name}"
    raise CannotEvaluateError(msg)
