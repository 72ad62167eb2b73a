"""What Python's own functions and methods give, for values that are known."""

from __future__ import annotations

import json
import posixpath
import shlex
from collections.abc import Callable
from typing import Any

from deployer.adopt.python_values import Mark, unsure
from deployer.late import compile_pattern

MOST_ITEMS = 256
"""Items of a range or a list that are followed."""

WIDE = compile_pattern(r"\d{5}")
"""A width in a format that would fill the memory."""

WIDE_PERCENT = compile_pattern(r"%[^%a-zA-Z]*(\d{5}|\*)")
_WIDE_FIELD = compile_pattern(r"\{[^{}]*:[^{}]*(\d{5}|\{)")


def _range(*span: int) -> list[int]:
    """Give a range; a part of one is not followed as if it were all of it."""
    found = range(*span)
    if len(found) > MOST_ITEMS:
        raise NotKnownError
    return list(found)


PURE: dict[str, Callable[..., Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "len": len,
    "max": max,
    "min": min,
    "abs": abs,
    "round": round,
    "sum": sum,
    "any": any,
    "all": all,
    "list": list,
    "tuple": list,
    "sorted": sorted,
    "dict": dict,
    "reversed": lambda one: list(reversed(one)),
    "set": lambda one=(): list(dict.fromkeys(one)),
    "range": _range,
    "enumerate": lambda one: [list(each) for each in enumerate(one)],
    "zip": lambda *each: [list(one) for one in zip(*each, strict=False)],
    "json.dumps": json.dumps,
    "json.loads": json.loads,
    "shlex.split": shlex.split,
    "shlex.quote": shlex.quote,
    "shlex.join": shlex.join,
    "os.path.join": posixpath.join,
    "os.path.basename": posixpath.basename,
    "os.path.dirname": posixpath.dirname,
    "pathlib.Path": posixpath.join,
    "pathlib.PurePosixPath": posixpath.join,
    "Path": posixpath.join,
}
"""Functions that only their arguments decide."""

TEXT = frozenset(
    {
        "join",
        "split",
        "rsplit",
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "replace",
        "startswith",
        "endswith",
        "partition",
        "rpartition",
        "removeprefix",
        "removesuffix",
        "format",
        "title",
        "splitlines",
        "isdigit",
        "count",
        "find",
        "zfill",
        "as_posix",
    }
)
LIST = frozenset({"append", "extend", "insert", "copy", "index", "pop", "remove"})
DICT = frozenset({"get", "items", "keys", "values", "copy", "update", "setdefault", "pop"})

WHOLE = frozenset(
    {
        "str",
        "list",
        "tuple",
        "dict",
        "os.path.join",
        "pathlib.Path",
        "Path",
        "set",
        "enumerate",
        "zip",
        "reversed",
    }
)
"""Functions that take what is not known, too: the mark stays where it was."""


LONGEST = 1_000_000
"""Characters or items of a value that is followed."""


class NotKnownError(Exception):
    """What a call gives cannot be told."""


def pure(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401 - any value
    """Call a function of Python; raises NotKnownError where its result cannot be told."""
    function = PURE.get(name)
    if function is None or (name not in WHOLE and (unsure(args) or unsure(kwargs))):
        raise NotKnownError
    if name in {"list", "tuple", "set", "enumerate", "zip", "reversed", "dict"} and any(
        isinstance(one, Mark) for one in args
    ):
        raise NotKnownError
    if name == "str" and len(args) == 1 and isinstance(args[0], str):
        return args[0]
    if name == "str" and unsure(args):  # what Python would write of it is not known
        raise NotKnownError
    try:
        found = function(*args, **kwargs)
    except Exception as error:  # whatever the file's own mistake is
        raise NotKnownError from error
    return _plain(found)


def method(value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401 - any value
    """Call a method of a known value; raises NotKnownError where its result cannot be told."""
    if isinstance(value, Mark):
        raise NotKnownError
    if isinstance(value, str):
        allowed = name in TEXT and (name in {"join", "format", "replace"} or not unsure(value))
        if (
            name == "join"
            and args
            and isinstance(args[0], list)
            and all(isinstance(one, str) for one in args[0])
        ):
            return value.join(args[0])
        doubtful = unsure(args) and name not in {"format", "replace"}
        if not allowed or doubtful or _too_long(value, name, args):
            raise NotKnownError
    elif isinstance(value, list):
        if name not in LIST or (
            name == "extend" and args and not isinstance(args[0], list | tuple)
        ):
            raise NotKnownError
    elif isinstance(value, dict):
        if name not in DICT or (args and isinstance(args[0], Mark)):
            raise NotKnownError
    else:
        raise NotKnownError
    try:
        found = getattr(value, name)(*args, **kwargs)
    except Exception as error:  # as above
        raise NotKnownError from error
    return _plain(found)


def _too_long(value: str, name: str, args: list[Any]) -> bool:
    """Whether a method would make far more of a text than is followed."""
    if name == "format":
        return _WIDE_FIELD.search(value) is not None
    if name == "zfill":
        return any(isinstance(one, int) and one > LONGEST for one in args)
    longest = max((len(one) for one in args[1:2] if isinstance(one, str)), default=1)
    return name == "replace" and (len(value) + 1) * longest > LONGEST


def _plain(found: Any) -> Any:  # noqa: ANN401 - any value
    """Give tuples and views as lists, and nothing that is too long."""
    if isinstance(found, tuple | set) or type(found).__name__.startswith("dict_"):
        found = [list(one) if isinstance(one, tuple) else one for one in found]
    if isinstance(found, str | list | dict) and len(found) > LONGEST:
        raise NotKnownError
    return found
