"""Frozen dataclasses to JSON values and back, checked against their annotations."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import types
import typing
from typing import Any, TypeVar

from deployer.late import compile_pattern

T = TypeVar("T")


DEEPEST = 64
"""Levels of lists and objects within each other. The deepest that is written here has 8."""

LONGEST_NUMBER = 40
"""Characters of a number. A double needs 24, the largest size of a file 20."""

MOST_SHOWN = 80
"""Characters of a wrong value that a message repeats."""

_STRUCTURE = compile_pattern(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
"""A text, ended or not, or a bracket outside of one: no piece is looked at twice."""

_HALF = compile_pattern(r"\\u[dD][89a-fA-F]")


class DecodeError(ValueError):
    """A JSON value does not describe the dataclass that was asked for."""


def read_json(text: str | bytes, *, constants: bool = False) -> Any:  # noqa: ANN401 - any of JSON's types
    """Read JSON that somebody else may have written: a plan, a record, an answer.

    Refused beside what is no JSON: more than :data:`DEEPEST` levels, numbers of more than
    :data:`LONGEST_NUMBER` characters or beyond a double, ``NaN``, half a character (a lone
    surrogate), and a key that stands twice in one object, of which readers take different ones.
    With ``constants``, ``NaN`` and ``Infinity`` are taken: Python writes them, and configs of
    models hold them. Raises :class:`DecodeError` and nothing else.
    """
    try:
        text = text.decode() if isinstance(text, bytes) else text
        _refuse_depth(text)
        value = json.loads(
            text,
            parse_int=_whole,
            parse_float=_real,
            parse_constant=float if constants else _constant,
            object_pairs_hook=_object,
        )
        if _HALF.search(text) or not text.isascii():
            json.dumps(value, ensure_ascii=False).encode()
    except DecodeError:
        raise
    except UnicodeDecodeError:
        msg = "not JSON: it is no UTF-8"
        raise DecodeError(msg) from None
    except UnicodeEncodeError:
        msg = "not JSON: it holds half a character"
        raise DecodeError(msg) from None
    except ValueError as error:
        msg = f"not JSON: {error}"
        raise DecodeError(msg) from None
    return value


def _refuse_depth(text: str) -> None:
    depth = 0
    for found in _STRUCTURE.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                msg = f"lists and objects stand more than {DEEPEST} deep within each other"
                raise DecodeError(msg)
        elif mark in "]}":
            depth -= 1


def _whole(digits: str) -> int:
    _refuse_length(digits)
    return int(digits)


def _real(digits: str) -> float:
    _refuse_length(digits)
    value = float(digits)
    if not math.isfinite(value):
        msg = f"the number {digits} is too large"
        raise DecodeError(msg)
    return value


def _refuse_length(digits: str) -> None:
    if len(digits) > LONGEST_NUMBER:
        msg = f"a number of {len(digits)} characters"
        raise DecodeError(msg)


def _constant(word: str) -> float:
    msg = f"{word} is no number of JSON"
    raise DecodeError(msg)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"the key {_shown(twice)} stands twice in one object"
        raise DecodeError(msg)
    return found


def _shown(value: object) -> str:
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def encode(value: object) -> Any:  # noqa: ANN401 - a JSON value is any of six types
    """Turn dataclasses, tuples and scalars into what :mod:`json` writes."""
    kind: Any = type(value)
    names = _names(kind)
    if names is not None:
        return {name: encode(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return value


def decode(kind: type[T], value: object) -> T:
    """Build a ``kind`` from a JSON value; every key must be known and every type right."""
    return typing.cast("T", _decode(kind, value, kind.__name__))


def decode_json(kind: type[T], text: str, version: int) -> T:
    """Read the JSON of a ``kind`` whose ``format_version`` is the one that this version writes.

    Raises :class:`DecodeError` for anything else.
    """
    value = read_json(text)
    found = value.get("format_version") if isinstance(value, dict) else None
    if found != version:
        msg = f"format {_shown(found)} is not the {version} that this version of deployer reads"
        raise DecodeError(msg)
    return decode(kind, value)


def _decode(kind: Any, value: object, where: str) -> object:  # noqa: ANN401 - any annotation
    origin = typing.get_origin(kind)
    if origin in {typing.Union, types.UnionType}:
        return _decode_optional(kind, value, where)
    if origin is tuple:
        return _decode_tuple(kind, value, where)
    if dataclasses.is_dataclass(kind):
        return _decode_fields(kind, value, where)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        msg = f"{where}: expected {kind.__name__}, found {_shown(value)}"
        raise DecodeError(msg)
    return value


def _decode_optional(kind: Any, value: object, where: str) -> object:  # noqa: ANN401
    if value is None:
        return None
    (inner,) = (arg for arg in typing.get_args(kind) if arg is not type(None))
    return _decode(inner, value, where)


def _decode_tuple(kind: Any, value: object, where: str) -> tuple[object, ...]:  # noqa: ANN401
    if not isinstance(value, list):
        msg = f"{where}: expected a list, found {_shown(value)}"
        raise DecodeError(msg)
    item = typing.get_args(kind)[0]
    return tuple(_decode(item, each, f"{where}[{i}]") for i, each in enumerate(value))


def _decode_fields(kind: Any, value: object, where: str) -> object:  # noqa: ANN401
    if not isinstance(value, dict):
        msg = f"{where}: expected an object, found {_shown(value)}"
        raise DecodeError(msg)
    hints = _hints(kind)
    if unknown := sorted(set(value) - set(hints)):
        msg = f"{where}: unknown {_cut(', '.join(unknown))}"
        raise DecodeError(msg)
    parts = {name: _decode(hints[name], item, f"{where}.{name}") for name, item in value.items()}
    try:
        return kind(**parts)
    except TypeError as error:
        msg = f"{where}: {error}"
        raise DecodeError(msg) from error


@functools.cache
def _names(kind: Any) -> tuple[str, ...] | None:  # noqa: ANN401 - any class
    """Give the names of a dataclass's fields; None for any other class."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))


@functools.cache
def _hints(kind: Any) -> types.MappingProxyType[str, Any]:  # noqa: ANN401 - a class
    """Give the annotations of a dataclass, which are texts until somebody evaluates them."""
    return types.MappingProxyType(typing.get_type_hints(kind))
