"""pydantic's error types in an author's words.

Each row says which finding an error type becomes and how it reads. A type that has no row falls
back to pydantic's own message, so that a new kind of field never goes unreported.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.facts.foreign_values import value_of
from deployer.profile.names import FORMS
from deployer.profile.schema_keys import near
from deployer.profile.wording import code, found, joined, quoted
from deployer.profile.yaml_scalars import is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: What a value of the wrong kind should have been, by error type.
EXPECTED: Mapping[str, str] = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "string_type": "a text",
    "string_sub_type": "a text",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a section with keys",
    "mapping_type": "a section with keys",
    "model_type": "a section with keys",
    "model_attributes_type": "a section with keys",
    "dataclass_type": "a section with keys",
    "none_required": "`null`",
}
CHOICES = frozenset({"literal_error", "enum"})

_AS_SECTION = "write its keys on the lines below, indented by two spaces"
_AS_ITEMS = "write its items on the lines below, each begun with `- `"
_MANY = 12
_PLAIN_UNITS = frozenset({"s", "sec", "secs", "seconds", "gb", "mib", "tokens", "x", "gpus"})
"""Units that fields count in. Behind another one (`30m`, `64k`) stands another number."""

_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}


@dataclass(frozen=True, slots=True)
class Wording:
    """How one finding reads; ``check`` is its kebab-case name."""

    check: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One pydantic error: its type, the value it is about, and pydantic's message and context.

    ``name`` is the value's dotted path, ``written`` the text as it stands in the file, and
    ``about`` the first sentence of the field's documentation, ``optional`` whether it may be
    left out, ``flag`` the engine's flag that the field compiles to, if any.
    """

    kind: str
    name: str
    value: object
    written: str
    message: str
    context: Mapping[str, object]
    about: str = ""
    optional: bool = False
    takes: Callable[[object], bool] = lambda _value: True
    flag: str = ""


def wording(fault: Fault) -> Wording:
    """Say one error in an author's words."""
    if fault.kind in EXPECTED:
        return wrong_type([fault])
    if fault.kind in CHOICES:
        return not_a_choice([fault])
    if fault.kind in _WORDINGS:
        return _WORDINGS[fault.kind](fault)
    # PydanticCustomError: the type is the author of the check's own, and so is the message.
    hint = str(fault.context.get("hint", ""))
    return Wording(fault.kind.replace("_", "-"), f"{_subject(fault)}{fault.message}", hint)


def wrong_type(faults: list[Fault]) -> Wording:
    """Say that a value is of none of the kinds that are allowed (one fault for each)."""
    kinds, choices = _kinds(faults), [choice for fault in faults for choice in _choices(fault)]
    expected = joined([*map(code, choices), *kinds], "or")
    first = faults[0]
    message = f"{code(first.name)}: expected {expected}, found {found(first.value)}"
    if first.value is False and "true" in choices:
        return Wording(
            "wrong-type", message, "delete the line: a switch that is not on is not there"
        )
    return Wording("wrong-type", message, _type_hint(set(kinds), first))


def not_a_choice(faults: list[Fault]) -> Wording:
    """Say that a value is not one of those that are allowed (or of the other kinds allowed)."""
    first = faults[0]
    choices = [choice for fault in faults for choice in _choices(fault)]
    kinds = _kinds(faults)
    message = f"{code(first.name)}: {found(first.value)} is not one of its choices"
    allowed = f"write {joined([*map(code, choices), *kinds], 'or')}"
    if isinstance(first.value, str) and (known := _known(first, choices)):
        return Wording("not-a-choice", message, known)
    close = near(str(first.value), choices) if isinstance(first.value, str) else ""
    if not close:
        return Wording("not-a-choice", message, allowed)
    if len(choices) > _MANY:
        return Wording("not-a-choice", message, f"did you mean {code(close)}?")
    return Wording("not-a-choice", message, f"did you mean {code(close)}? Otherwise {allowed}")


def bad_key(fault: Fault, key: str, section: str) -> Wording:
    """Say that what an author names in a section is not one of the names that it may have."""
    message = f"{code(key)} cannot be a key of {code(section)}"
    if pattern := fault.context.get("pattern"):
        return Wording("bad-key", f"{message}: it does not match `{pattern}`")
    choices = _expected(fault)
    if close := near(key, choices):
        return Wording("bad-key", message, f"did you mean {code(close)}?")
    hint = f"its keys are {joined([code(choice) for choice in choices], 'and')}" if choices else ""
    return Wording("bad-key", message, hint)


def _known(fault: Fault, choices: list[str]) -> str:
    """Say what SGLang calls a value of another engine, where the field takes that."""
    foreign = value_of(fault.flag, str(fault.value))
    if foreign is None or foreign.write not in choices:
        return ""
    if foreign.same:
        return f"write {code(foreign.write)}, {foreign.told(str(fault.value))}"
    return f"the nearest is {code(foreign.write)}"


def _subject(fault: Fault) -> str:
    return f"{code(fault.name)}: " if fault.name else ""


def _kinds(faults: list[Fault]) -> list[str]:
    kinds = dict.fromkeys(EXPECTED[fault.kind] for fault in faults if fault.kind in EXPECTED)
    return [kind for kind in kinds if kind != "a whole number" or "a number" not in kinds]


def _choices(fault: Fault) -> list[str]:
    return _expected(fault) if fault.kind in CHOICES else []


def _expected(fault: Fault) -> list[str]:
    expected = str(fault.context.get("expected", ""))
    parts = re.split(r", | or ", expected) if expected else []
    return [_PYTHON_WORDS.get(part) or part.strip("'\"") for part in parts]


def _type_hint(kinds: set[str], fault: Fault) -> str:
    """Say how to write what was probably meant."""
    value = fault.value
    if isinstance(value, dict) and kinds == {"a list"}:
        return _AS_ITEMS
    if isinstance(value, dict | list):
        return _AS_SECTION if kinds == {"a section with keys"} else ""
    if isinstance(value, str):
        return _text_hint(kinds, value, fault)
    if value is None:
        instead = _AS_SECTION if kinds == {"a section with keys"} else "write a value"
        return instead + (", or delete the line for the default" if fault.optional else "")
    if kinds == {"a list"}:
        return _list_hint(fault.written, fault)
    return _AS_SECTION if kinds == {"a section with keys"} else _scalar_hint(kinds, value, fault)


def _scalar_hint(kinds: set[str], value: object, fault: Fault) -> str:
    written = fault.written
    if "a text" in kinds:
        quotes = f"put it in quotes: {code(quoted(written))}"
        return quotes if fault.takes(written) else fault.about
    if isinstance(value, float) and value.is_integer() and "a whole number" in kinds:
        return f"write `{int(value)}`" if fault.takes(int(value)) else ""
    if type(value) is int and value in {0, 1} and EXPECTED["bool_type"] in kinds:
        return f"write `{'true' if value else 'false'}`"
    return ""


def _text_hint(kinds: set[str], value: str, fault: Fault) -> str:
    numeric = kinds & {"a whole number", "a number"}
    fits = is_number(value) and ("a number" in kinds or value.lstrip("-").isdigit())
    if EXPECTED["bool_type"] in kinds and value in {"true", "false"}:
        return f"remove the quotes: {code(value)}"
    if numeric and fits:
        number = float(value) if "." in value else int(value)
        return f"remove the quotes: {code(value)}" if fault.takes(number) else fault.about
    if numeric and (match := re.fullmatch(r"(-?[0-9]+)\s*([A-Za-z%]+)", value)):
        return _without_unit(int(match[1]), match[2], fault)
    if kinds == {"a list"}:
        return _list_hint(value, fault)
    return _AS_SECTION if kinds == {"a section with keys"} else ""


def _list_hint(written: str, fault: Fault) -> str:
    """Say how to write a list, where one item was written instead."""
    fits = fault.takes([fault.value])
    return f"write it in brackets: {code(f'[{written}]')}" if fits else _AS_ITEMS


def _without_unit(number: int, unit: str, fault: Fault) -> str:
    """Say how to write a number that has a unit: a value is named only where the field takes it."""
    if unit == "%":
        fraction = number / 100
        share = 0 < fraction < 1 and fault.takes(fraction) and not fault.takes(number)
        return f"write the fraction: `{fraction}`" if share else fault.about
    if unit.lower() in _PLAIN_UNITS and fault.takes(number):
        return f"write the number alone, without a unit: `{number}`"
    return f"write the number alone. {fault.about}".rstrip()


def _bound(words: str, key: str) -> Callable[[Fault], Wording]:
    def say(fault: Fault) -> Wording:
        bound = fault.context[key]
        if isinstance(bound, float) and bound.is_integer():
            bound = int(bound)
        message = f"{code(fault.name)} must be {words} {bound}, found {fault.value}"
        return Wording("out-of-bounds", message, fault.about)

    return say


def _length(words: str, key: str) -> Callable[[Fault], Wording]:
    def say(fault: Fault) -> Wording:
        unit = "characters" if isinstance(fault.value, str) else "entries"
        unit = unit if fault.context[key] != 1 else {"entries": "entry"}.get(unit, "character")
        size = len(fault.value) if isinstance(fault.value, str | list | dict) else 0
        message = f"{code(fault.name)} must have {words} {fault.context[key]} {unit}, found {size}"
        return Wording("out-of-bounds", message, fault.about)

    return say


def _pattern(fault: Fault) -> Wording:
    pattern, value = str(fault.context["pattern"]), str(fault.value)
    form = FORMS.get(pattern, "")
    why = f"is not {form}" if form else f"does not match `{pattern}`"
    if strange := next((c for c in value if not c.isascii()), ""):
        named = f"U+{ord(strange):04X} {unicodedata.name(strange, '(without a name)')}"
        why = f"holds {named}, and only ASCII letters, digits and a few signs are taken"
    elif ".." in value:
        why = "holds `..`, which would lead out of a folder"
    return Wording("bad-pattern", f"{code(fault.name)}: {found(fault.value)} {why}", fault.about)


def _value_error(fault: Fault) -> Wording:
    error = fault.context.get("error")
    said = str(error) if error is not None else fault.message
    return Wording("invalid-value", f"{_subject(fault)}{said or 'this value is not allowed'}")


def _not_finite(fault: Fault) -> Wording:
    return Wording("out-of-bounds", f"{code(fault.name)} must be a finite number")


def _union_tag(fault: Fault) -> Wording:
    key = str(fault.context.get("discriminator", "")).strip("'")
    expected = str(fault.context.get("expected_tags", ""))
    choices = re.findall(r"'([^']*)'", expected)
    if fault.kind == "union_tag_not_found":
        message = f"{code(key)} is missing in {code(fault.name)}: it decides which keys apply"
        return Wording("missing-key", message, f"add `{key}: …`")
    message = f"{code(fault.name)}: {code(fault.context.get('tag', ''))} is not a {code(key)}"
    return Wording("not-a-choice", message, f"write {joined(map(code, choices), 'or')}")


_WORDINGS: Mapping[str, Callable[[Fault], Wording]] = {
    "greater_than": _bound("greater than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "multiple_of": _bound("a multiple of", "multiple_of"),
    "finite_number": _not_finite,
    "int_parsing_size": _not_finite,
    "string_too_short": _length("at least", "min_length"),
    "string_too_long": _length("at most", "max_length"),
    "too_short": _length("at least", "min_length"),
    "too_long": _length("at most", "max_length"),
    "string_pattern_mismatch": _pattern,
    "value_error": _value_error,
    "assertion_error": _value_error,
    "union_tag_invalid": _union_tag,
    "union_tag_not_found": _union_tag,
}
