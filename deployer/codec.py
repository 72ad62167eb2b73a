"""Frozen dataclasses to JSON values and back, checked against their annotations."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from deployer.late import compile_pattern

T = TypeVar("T")

_TEXT: Callable[[str], str] = json.encoder.encode_basestring
_WORDS = {None: "null", True: "true", False: "false"}

DEEPEST = 64
"""Levels of lists and objects within each other. The deepest that is written here has 8."""

LONGEST_NUMBER = 40
"""Characters of a number. A double needs 24, the largest size of a file 20."""

MOST_SHOWN = 80
"""Characters of a wrong value that a message repeats."""

_BRACKET = compile_pattern(r"[\[\]{}]")

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
    # Without escapes each second piece between two quotes stands outside of a text. A backslash
    # outside of one is no JSON, and whatever reads it stops there.
    plain = text.replace("\\\\", "").replace('\\"', "") if "\\" in text else text
    depth = 0
    for mark in _BRACKET.findall("".join(plain.split('"')[::2])):
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                msg = f"lists and objects stand more than {DEEPEST} deep within each other"
                raise DecodeError(msg)
        else:
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
    try:
        return typing.cast("T", _reader(typing.cast("Any", kind))(value))
    except _WrongError as wrong:
        msg = f"{kind.__name__}{''.join(reversed(wrong.where))}: {wrong.what}"
        raise DecodeError(msg) from wrong.__cause__


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


class _WrongError(Exception):
    """A value is not what its place asks for; ``where`` is its path, the innermost part first."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.where: list[str] = []


_Reader = Callable[[object], object]


@functools.cache
def _reader(kind: Any) -> _Reader:  # noqa: ANN401 - any annotation
    """Give what reads values of an annotation, which is looked at once for all of them."""
    origin = typing.get_origin(kind)
    if origin in {typing.Union, types.UnionType}:
        return _optional(kind)
    if origin is tuple:
        return _tuple(_reader(typing.get_args(kind)[0]))
    if dataclasses.is_dataclass(kind):
        return _fields(kind)

    def scalar(value: object) -> object:
        if type(value) is kind:
            return value
        if kind is float and type(value) is int:
            return float(value)
        what = f"expected {kind.__name__}, found {_shown(value)}"
        raise _WrongError(what)

    return scalar


def _optional(kind: Any) -> _Reader:  # noqa: ANN401 - any annotation
    (inner,) = (arg for arg in typing.get_args(kind) if arg is not type(None))
    there = _reader(inner)
    return lambda value: None if value is None else there(value)


def _tuple(item: _Reader) -> _Reader:
    def read(value: object) -> object:
        if not isinstance(value, list):
            what = f"expected a list, found {_shown(value)}"
            raise _WrongError(what)
        found: list[object] = []
        try:
            found.extend(map(item, value))
        except _WrongError as wrong:
            wrong.where.append(f"[{len(found)}]")
            raise
        return tuple(found)

    return read


def _fields(kind: Any) -> _Reader:  # noqa: ANN401 - a dataclass
    hints: dict[str, Any] = {}
    readers: dict[str, _Reader] = {}

    def read(value: object) -> object:
        if not readers:  # a kind may hold others of itself, so its own reader is there first
            hints.update(typing.get_type_hints(kind))  # annotations are texts until evaluated
            readers.update((name, _reader(hint)) for name, hint in hints.items())
        if not isinstance(value, dict):
            what = f"expected an object, found {_shown(value)}"
            raise _WrongError(what)
        if unknown := sorted(value.keys() - readers.keys()):
            what = f"unknown {_cut(', '.join(unknown))}"
            raise _WrongError(what)
        name, parts = "", {}
        try:
            for name, item in value.items():
                # Most are of the very type that is wanted, which is seen without a call.
                parts[name] = item if type(item) is hints[name] else readers[name](item)
        except _WrongError as wrong:
            wrong.where.append(f".{name}")
            raise
        try:
            return kind(**parts)
        except TypeError as error:
            raise _WrongError(str(error)) from error

    return read


def written(value: object) -> str:
    """Write what :func:`encode` gives as ``json.dumps(indent=2, sort_keys=True)`` does.

    To the byte, without escapes of what is no ASCII, and in half the time: with an indent Python
    leaves its quick way.
    """
    return _written(value, "\n")


def _written(value: Any, line: str) -> str:  # noqa: ANN401 - any of JSON's types
    if type(value) is str:
        return _TEXT(value)
    if value and type(value) is list:
        inner = f"{line}  "
        return f"[{inner}{f',{inner}'.join([_written(each, inner) for each in value])}{line}]"
    if value and type(value) is dict:
        inner = f"{line}  "
        parts = [f"{_TEXT(name)}: {_written(value[name], inner)}" for name in sorted(value)]
        return f"{{{inner}{f',{inner}'.join(parts)}{line}}}"
    if value is None or type(value) is bool:
        return _WORDS[value]
    return int.__repr__(value) if type(value) is int else json.dumps(value, ensure_ascii=False)


@functools.cache
def _names(kind: Any) -> tuple[str, ...] | None:  # noqa: ANN401 - any class
    """Give the names of a dataclass's fields; None for any other class."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))
