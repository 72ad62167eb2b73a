"""What a module declares and few commands use, made when it is first used.

``dataclass`` compiles six methods for each class and ``re.compile`` a program for each pattern, and
a `check` imports a hundred of either. Together they were a fifth of its time
(``docs/decisions/0014-start.md``). A type checker sees the standard library's own.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic

if TYPE_CHECKING:
    from dataclasses import dataclass
    from re import compile as compile_pattern

__all__ = ["compile_pattern", "dataclass"]

_ABSENT: Any = object()
FEW = 8
"""Instances that are filled in a loop, which takes longer each time and spares the compilation."""


class _Pattern:
    """A pattern that is compiled when it is first asked for something."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._made = (pattern, flags)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what a pattern has
        """Compile, and keep what was asked for."""
        found = getattr(re.compile(*self._made), name)
        setattr(self, name, found)
        return found


def _dataclass(cls: type | None = None, *, frozen: bool = False, slots: bool = False) -> Any:  # noqa: ANN401 - as the original
    """Make a class as :func:`dataclasses.dataclass` does: a frozen one late."""
    if cls is None:
        return lambda each: _dataclass(each, frozen=frozen, slots=slots)
    if not (frozen and cls.__bases__ in {(object,), (Generic,)}):
        return dataclasses.dataclass(cls, frozen=frozen, slots=slots)
    left_out = {"__dict__", "__weakref__"}
    space = {name: each for name, each in cls.__dict__.items() if name not in left_out}
    annotations: dict[str, str] = inspect.get_annotations(cls)  # texts, from ``__future__``
    names = [name for name, kind in annotations.items() if not kind.startswith("ClassVar")]
    defaults = {name: space.pop(name) for name in names if name in space}
    space |= {"__match_args__": tuple(names), "__qualname__": cls.__qualname__}
    space |= {"__setattr__": _frozen, "__delattr__": _frozen}
    if slots:
        space["__slots__"] = tuple(names)
        space |= {"__getstate__": _state, "__setstate__": _restore}
    space |= {"__dataclass_fields__": _Shadowed(defaults, "__dataclass_fields__")}
    space |= {"__dataclass_params__": _Shadowed(defaults, "__dataclass_params__")}
    space = {**_equality(names, defaults), "__repr__": _shown, **space}
    made: Any = type(cls)(cls.__name__, cls.__bases__, space)

    made.__init__ = _first(made, names, defaults)
    return made


def _first(made: Any, names: list[str], defaults: dict[str, Any]) -> Any:  # noqa: ANN401 - a function
    """Make what fills the slots of the first few instances, and is compiled for more of them."""
    makes = {name: _default(each) for name, each in defaults.items() if not _needed(each)}
    left = itertools.count(FEW, -1)
    every = set(names)

    def first(self: Any, *values: object, **named: object) -> None:  # noqa: ANN401 - of the class
        given = {**dict(zip(names, values, strict=False)), **named}
        rest = every - given.keys()
        once = len(given) == len(values) + len(named) == len(names) - len(rest)
        if not (once and rest <= makes.keys() and next(left) > 0):
            made.__init__ = _init(names, defaults, checked=hasattr(made, "__post_init__"))
            made.__init__(self, *values, **named)
            return
        for name in names:
            object.__setattr__(self, name, given[name] if name in given else makes[name]())
        if hasattr(made, "__post_init__"):
            self.__post_init__()

    return first


def _needed(stated: object) -> bool:
    """Whether what stands at a field is no default, but says how the field is treated."""
    missing = dataclasses.MISSING
    return isinstance(stated, dataclasses.Field) and (
        stated.default is missing and stated.default_factory is missing
    )


def _default(stated: Any) -> Callable[[], object]:  # noqa: ANN401 - of any field
    if not isinstance(stated, dataclasses.Field):
        return lambda: stated
    if stated.default_factory is not dataclasses.MISSING:
        return stated.default_factory
    return lambda: stated.default


def _init(names: list[str], defaults: dict[str, Any], *, checked: bool) -> Any:  # noqa: ANN401 - a function
    """Compile what fills the slots."""
    space: dict[str, Any] = {"set_": object.__setattr__, "absent": _ABSENT}
    taken, lines = [], []
    for name in names:
        default, value = defaults.get(name, _ABSENT), name
        if isinstance(default, dataclasses.Field):
            if default.default_factory is not dataclasses.MISSING:
                space[f"make_{name}"] = default.default_factory
                default, value = _ABSENT, f"make_{name}() if {name} is absent else {name}"
                taken.append(f"{name}=absent")
            else:
                default = default.default
        if value == name:
            has = default is not _ABSENT and default is not dataclasses.MISSING
            space[f"default_{name}"] = default
            taken.append(f"{name}=default_{name}" if has else name)
        lines.append(f"    set_(self, {name!r}, {value})")
    if checked:
        lines.append("    self.__post_init__()")
    text = "\n".join((f"def __init__(self, {', '.join(taken)}):", *(lines or ["    pass"])))
    exec(text, space)  # noqa: S102 - as the standard library's own does
    return space["__init__"]


class _Shadowed:
    """What the functions of :mod:`dataclasses` ask a class for, made when they ask."""

    def __init__(self, defaults: dict[str, Any], name: str) -> None:
        self.defaults, self.name = defaults, name

    def __get__(self, _instance: object, kind: Any) -> Any:  # noqa: ANN401 - a class
        annotations = inspect.get_annotations(kind)
        fields = {name: annotations[name] for name in kind.__match_args__}
        space = {"__annotations__": fields, "__doc__": "its fields", **self.defaults}
        frozen = self.name == "__dataclass_params__"
        plain = type(kind.__name__, (), space)
        own: Any = dataclasses.dataclass(plain, init=False, repr=False, eq=False, frozen=frozen)
        found = getattr(own, self.name)
        setattr(kind, self.name, found)
        return found


def _equality(names: list[str], defaults: dict[str, Any]) -> dict[str, Any]:
    """Make what compares and hashes values: those of the fields that count for that."""
    fields = {name: each for name, each in defaults.items() if isinstance(each, dataclasses.Field)}
    compared = [name for name in names if name not in fields or fields[name].compare]
    unhashed = {name for name, each in fields.items() if each.hash is False}
    counted = [name for name in compared if name not in unhashed]

    def equal(self: object, other: object) -> object:
        if type(other) is not type(self):
            return NotImplemented
        mine = [getattr(self, name) for name in compared]
        return mine == [getattr(other, name) for name in compared]

    def hashed(self: object) -> int:
        return hash(tuple([getattr(self, name) for name in counted]))

    return {"__eq__": equal, "__hash__": hashed}


def _shown(self: Any) -> str:  # noqa: ANN401 - of any class
    fields = (each for each in dataclasses.fields(self) if each.repr)
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields)
    return f"{type(self).__qualname__}({shown})"


def _frozen(self: object, name: str, *_value: object) -> None:
    """Refuse to change a value."""
    msg = f"cannot assign to field {name!r} of {type(self).__name__}"
    raise dataclasses.FrozenInstanceError(msg)


def _state(self: Any) -> list[object]:  # noqa: ANN401 - of any class
    return [getattr(self, name) for name in self.__slots__]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401 - of any class
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)


if not TYPE_CHECKING:
    dataclass = _dataclass
    compile_pattern = _Pattern
