"""Frozen dataclasses to JSON values and back, checked against their annotations."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


class DecodeError(ValueError):
    """A JSON value does not describe the dataclass that was asked for."""


def encode(value: object) -> Any:  # noqa: ANN401 - a JSON value is any of six types
    """Turn dataclasses, tuples and scalars into what :mod:`json` writes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
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
    try:
        value = json.loads(text)
    except ValueError as error:
        msg = f"not JSON: {error}"
        raise DecodeError(msg) from error
    found = value.get("format_version") if isinstance(value, dict) else None
    if found != version:
        msg = f"format {found!r} is not the {version} that this version of deployer reads"
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
        msg = f"{where}: expected {kind.__name__}, found {value!r}"
        raise DecodeError(msg)
    return value


def _decode_optional(kind: Any, value: object, where: str) -> object:  # noqa: ANN401
    if value is None:
        return None
    (inner,) = (arg for arg in typing.get_args(kind) if arg is not type(None))
    return _decode(inner, value, where)


def _decode_tuple(kind: Any, value: object, where: str) -> tuple[object, ...]:  # noqa: ANN401
    if not isinstance(value, list):
        msg = f"{where}: expected a list, found {value!r}"
        raise DecodeError(msg)
    item = typing.get_args(kind)[0]
    return tuple(_decode(item, each, f"{where}[{i}]") for i, each in enumerate(value))


def _decode_fields(kind: Any, value: object, where: str) -> object:  # noqa: ANN401
    if not isinstance(value, dict):
        msg = f"{where}: expected an object, found {value!r}"
        raise DecodeError(msg)
    hints = typing.get_type_hints(kind)
    if unknown := sorted(set(value) - set(hints)):
        msg = f"{where}: unknown {', '.join(unknown)}"
        raise DecodeError(msg)
    parts = {name: _decode(hints[name], item, f"{where}.{name}") for name, item in value.items()}
    try:
        return kind(**parts)
    except TypeError as error:
        msg = f"{where}: {error}"
        raise DecodeError(msg) from error
