"""What an expression of SGLang's source can evaluate to, beside plain Python values."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from deployer.catalogue.source import Module


Value: TypeAlias = Any
"""What an expression evaluates to: a plain Python value, or one of the classes below."""


class CannotEvaluateError(Exception):
    """The value of an expression depends on the machine, or on Python that is not read here."""


@dataclass(frozen=True)
class External:
    """Something outside the wheel, by its dotted name: ``json.loads``, ``builtins.int``."""

    name: str


SUPPRESS = External("argparse.SUPPRESS")
"""argparse's own mark: no default at all, or no help."""


@dataclass(frozen=True)
class Symbol:
    """A function or a class that the wheel defines."""

    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

    @property
    def name(self) -> str:
        """The name that it is defined under."""
        return self.node.name

    @property
    def dotted(self) -> str:
        """The full name: ``sglang.srt.environ.Envs``."""
        return f"{self.module.name}.{self.node.name}"


@dataclass(frozen=True)
class Member:
    """A member of an enumeration."""

    owner: str
    name: str
    value: Value


@dataclass(frozen=True)
class Instance:
    """A call of a class, or of something outside the wheel: what was called, and with what."""

    maker: Symbol | External
    args: tuple[Value, ...]
    kwargs: dict[str, Value]


@dataclass(frozen=True)
class Lambda:
    """A function without a name, for ``default_factory``."""

    module: Module
    node: ast.Lambda


@dataclass(frozen=True)
class Computed:
    """A value that is only known when the engine runs; ``text`` is the expression."""

    text: str


def known(value: Value) -> Value:
    """Give the value back; raises CannotEvaluateError where only the running engine knows it."""
    if isinstance(value, External | Symbol | Instance | Lambda | Member | Computed):
        msg = f"{value!r} is not known before the engine runs"
        raise CannotEvaluateError(msg)
    return value


def name_of(value: Value) -> str:
    """Give the name of a function or a class as a catalogue writes it: ``int``, ``json.loads``."""
    match value:
        case External(name):
            return name.removeprefix("builtins.").removeprefix("argparse.")
        case Symbol():
            return value.name
        case str():
            return value
    msg = f"{value!r} has no name"
    raise CannotEvaluateError(msg)


def to_json(value: Value) -> Value:
    """Turn an evaluated value into JSON: tuples become lists, sets sorted lists."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Member():
            return to_json(value.value)
        case list() | tuple():
            return [to_json(item) for item in value]
        case set() | frozenset():
            return sorted(to_json(item) for item in value)
        case dict():
            return {str(to_json(key)): to_json(item) for key, item in value.items()}
    msg = f"{value!r} has no JSON form"
    raise CannotEvaluateError(msg)
