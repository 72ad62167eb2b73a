"""How a value of a profile is read: strictly, as the type says that its field is annotated with.

Nothing is turned into something else but a whole number into a float, where one is expected, and
a list into a tuple. An annotation is made of ``str``, ``int``, ``float``, ``bool``, ``Literal``,
unions, ``list``, ``tuple``, ``dict``, other sections, and ``Annotated`` with :class:`Limits` or an
:class:`After`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from deployer.late import compile_pattern
from deployer.profile.field import After, Limits

Path = tuple[str | int, ...]


class Wrong(NamedTuple):
    """One thing that is wrong with a value: its kind, its place, the value, and what was expected.

    ``doubly`` says that the value was read as one of several types, or is the key of a mapping
    (``on_key``), so that what else is wrong below its place decides about it, too.
    """

    kind: str
    place: Path
    value: object
    context: Mapping[str, Any] = {}
    doubly: bool = False
    on_key: bool = False


Read = Callable[[object, Path, list[Wrong]], object]
"""Gives a value as its field has it; what is wrong goes into the list, and :data:`UNREAD` back."""

UNREAD: Final = object()


def reader(annotation: Any, more: tuple[object, ...] = ()) -> Read:  # noqa: ANN401 - of a field
    """Make what reads values of an annotated type; raises TypeError for one that is not known."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return reader(arguments[0], (*arguments[1:], *more))
    if origin in {Union, UnionType}:
        arms = [reader(arm, more) for arm in arguments if arm is not NoneType]
        inner = arms[0] if len(arms) == 1 else _any_of(arms)
        return _optional(inner) if NoneType in arguments else inner
    if origin is Literal:
        return _choice(arguments)
    if origin in {dict, list, tuple}:
        inner, *values = map(reader, arguments[:2] if origin is dict else arguments[:1])
        return _mapping(inner, *values) if values else _sequence(origin, inner)
    if hasattr(annotation, "model_read"):
        read: Read = annotation.model_read
        return read
    return _scalar(annotation, more)


def _optional(read: Read) -> Read:
    def one(value: object, place: Path, wrong: list[Wrong]) -> object:
        return None if value is None else read(value, place, wrong)

    return one


def _any_of(arms: list[Read]) -> Read:
    def one(value: object, place: Path, wrong: list[Wrong]) -> object:
        all_wrong: list[Wrong] = []
        for arm in arms:
            of_arm: list[Wrong] = []
            found = arm(value, place, of_arm)
            if not of_arm:
                return found
            all_wrong += of_arm
        wrong.extend(each._replace(doubly=True) for each in all_wrong)
        return UNREAD

    return one


def _choice(choices: tuple[object, ...]) -> Read:
    def one(value: object, place: Path, wrong: list[Wrong]) -> object:
        if any(type(value) is type(choice) and value == choice for choice in choices):
            return value
        wrong.append(Wrong("literal_error", place, value, {"choices": choices}))
        return UNREAD

    return one


def _sequence(kind: type[list[object] | tuple[object, ...]], read: Read) -> Read:
    def one(value: object, place: Path, wrong: list[Wrong]) -> object:
        if not isinstance(value, list | kind):
            wrong.append(Wrong(f"{kind.__name__}_type", place, value))
            return UNREAD
        return kind([read(item, (*place, at), wrong) for at, item in enumerate(value)])

    return one


def _mapping(read_key: Read, read: Read) -> Read:
    def one(value: object, place: Path, wrong: list[Wrong]) -> object:
        if not isinstance(value, dict):
            wrong.append(Wrong("dict_type", place, value))
            return UNREAD
        found = {}
        for key, item in value.items():
            of_key: list[Wrong] = []
            read_key(key, (*place, key), of_key)
            wrong.extend(each._replace(doubly=True, on_key=True) for each in of_key)
            found[key] = read(item, (*place, key), wrong)
        return found

    return one


def _scalar(kind: type, more: tuple[object, ...]) -> Read:
    fields = [each for each in more if isinstance(each, Limits)]
    limits = {name: limit for each in fields for name, limit in each.limits.items()}
    afters = [each for each in more if isinstance(each, After)]
    tests = [_TESTS[name](limit) for name, limit in sorted(limits.items(), key=_order)]
    fits, expected = _SCALARS[kind]

    def one(value: object, place: Path, wrong: list[Wrong]) -> object:
        if not fits(value):
            wrong.append(Wrong(expected, place, value))
            return UNREAD
        for test in tests:
            if (fault := test(value)) is not None:
                wrong.append(Wrong(fault[0], place, value, fault[1]))
                return UNREAD
        try:
            for after in afters:
                value = after.judge(value)
        except ValueError as error:
            wrong.append(Wrong("value_error", place, value, {"error": error}))
            return UNREAD
        return kind(value) if type(value) is not kind else value

    return one


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_SCALARS: Mapping[object, tuple[Callable[[object], bool], str]] = {
    str: (lambda value: isinstance(value, str), "string_type"),
    int: (_whole, "int_type"),
    float: (lambda value: isinstance(value, float) or _whole(value), "float_type"),
    bool: (lambda value: isinstance(value, bool), "bool_type"),
}

Test = Callable[[Any], tuple[str, Mapping[str, object]] | None]


def _bound(kind: str, name: str, fits: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    def of(limit: object) -> Test:
        return lambda value: None if fits(value, limit) else (kind, {name: limit})

    return of


def _pattern(pattern: Any) -> Test:  # noqa: ANN401 - a text, as each limit is what it is
    matches = compile_pattern(pattern).fullmatch  # `$` alone would let a line break follow
    return lambda value: (
        None if matches(value) else ("string_pattern_mismatch", {"pattern": pattern})
    )


_TESTS: Mapping[str, Callable[[Any], Test]] = {
    "le": _bound("less_than_equal", "le", lambda value, limit: value <= limit),
    "lt": _bound("less_than", "lt", lambda value, limit: value < limit),
    "ge": _bound("greater_than_equal", "ge", lambda value, limit: value >= limit),
    "gt": _bound("greater_than", "gt", lambda value, limit: value > limit),
    "min_length": _bound("string_too_short", "min_length", lambda text, least: len(text) >= least),
    "max_length": _bound("string_too_long", "max_length", lambda text, most: len(text) <= most),
    "pattern": _pattern,
}
"""What may be asked of a number or a text, in the order in which it is asked: the lengths first,
so that no pattern meets a text that is longer."""

_PLACES = {name: place for place, name in enumerate(_TESTS)}


def _order(limit: tuple[str, object]) -> int:
    return _PLACES[limit[0]]
