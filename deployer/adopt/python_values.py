"""What an expression of Python comes to, where that is known without running it.

A value that is not known is a text with a mark in it (:class:`deployer.adopt.script.Unknowns`), so
that an f-string or a list around it says which part of it is not.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from deployer.adopt.script import UNKNOWN


class Mark(str):
    """A value that is not known, whatever its type would be."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """A name that the file takes from elsewhere: a module, a class, a function."""

    name: str


@dataclass(slots=True, eq=False)
class Made:
    """What a call of such a name gives: `modal.Volume.from_name("x")`, and a method of that."""

    name: str
    args: list[Any]
    kwargs: dict[str, Any]
    base: Made | None = None
    line: int = 0

    def chain(self) -> list[Made]:
        """Give the calls from the first to this one."""
        found: list[Made] = []
        one: Made | None = self
        while one is not None:
            found.append(one)
            one = one.base
        return found[::-1]


@dataclass(slots=True, eq=False)
class Defined:
    """A function of the file, and the names that it sees."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    owner: Instance | None = None
    decorators: list[Any] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Kind:
    """A class of the file."""

    node: ast.ClassDef
    names: dict[str, Any]
    bases: list[Any] = field(default_factory=list)
    decorators: list[Any] = field(default_factory=list)

    def find(self, name: str) -> Any:  # noqa: ANN401 - any value
        """Give an attribute of the class or of those before it; None where it has none."""
        if name in self.names:
            return self.names[name]
        for base in self.bases:
            if isinstance(base, Kind) and (found := base.find(name)) is not None:
                return found
        return None


@dataclass(slots=True, eq=False)
class Instance:
    """An object of a class of the file."""

    kind: Kind
    names: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a block, and those of the blocks around it; ``file`` where it is another's."""

    names: dict[str, Any]
    outer: Scope | None = None
    shared: set[str] = field(default_factory=set)
    file: str = ""

    @property
    def of(self) -> str:
        """The file that the block stands in; nothing for the one that is read."""
        return self.file if self.outer is None else self.outer.of

    def find(self, name: str) -> tuple[bool, Any]:
        """Give whether there is such a name, and its value."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True, scope.names[name]
            scope = scope.outer
        return False, None

    def put(self, name: str, value: Any) -> None:  # noqa: ANN401 - any value
        """Set a name, where it belongs."""
        scope = self
        if name in self.shared:
            while scope.outer is not None:
                scope = scope.outer
        scope.names[name] = value


def unsure(value: Any) -> bool:  # noqa: ANN401 - any value
    """Whether a value, or a part of it, is not known."""
    if isinstance(value, str):
        return UNKNOWN.search(value) is not None
    if isinstance(value, list | tuple):
        return any(unsure(one) for one in value)
    if isinstance(value, dict):
        return any(unsure(one) for one in value.values())
    return not (value is None or isinstance(value, bool | int | float))


def truth(value: Any) -> bool | None:  # noqa: ANN401 - any value
    """Whether a value counts as true; None where that is not known."""
    if isinstance(value, Mark | Ref | Made):
        return None
    if isinstance(value, str):
        return True if UNKNOWN.sub("", value) else (None if UNKNOWN.search(value) else False)
    if isinstance(value, list | tuple):
        certain = [one for one in value if not isinstance(one, Mark)]
        return True if certain else (None if value else False)
    if isinstance(value, Defined | Kind | Instance):
        return True
    return bool(value)


def copied(value: Any, seen: dict[int, Any]) -> Any:  # noqa: ANN401 - any value
    """Copy what can be changed, so that two branches do not see each other."""
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, list):
        made_list: list[Any] = []
        seen[id(value)] = made_list
        made_list += [copied(one, seen) for one in value]
        return made_list
    if isinstance(value, dict):
        made: dict[Any, Any] = {}
        seen[id(value)] = made
        made.update({key: copied(one, seen) for key, one in value.items()})
        return made
    if isinstance(value, Instance):
        instance = Instance(value.kind)
        seen[id(value)] = instance
        instance.names = copied(value.names, seen)
        return instance
    return value
