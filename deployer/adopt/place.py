"""Where each option of a launch goes in a profile: its typed field, or `engine.args`."""

from __future__ import annotations

import functools
from argparse import ArgumentTypeError
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from deployer.adopt.note import Kind, Note
from deployer.adopt.script import UNKNOWN, Choice, Unknowns
from deployer.adopt.secrets import is_secret_value
from deployer.check.wording import field_of_option
from deployer.compile.arguments import extra_values, words_for
from deployer.facts.sglang.catalogue import Catalogue
from deployer.facts.sglang.replacements import Words, spell
from deployer.finding import Severity
from deployer.parse.parsed import Given, Parsed
from deployer.parse.secrets import is_secret
from deployer.parse.types import converter
from deployer.parse.walk import Group, groups
from deployer.profile.fields import flagged_fields, section_types
from deployer.profile.flag import Flag
from deployer.profile.yaml_scalars import resolve

NAMED_ELSEWHERE = frozenset({"--model-path", "--served-model-name", "--api-key"})
"""Options that :mod:`deployer.adopt.profile` reads itself."""

SKIPPED = frozenset({"--config"})
"""Options that have done their work: the file is merged before."""

EXACT = 2**53
"""The largest whole number below which every one is a double (IEEE 754)."""

ArgValue = str | int | float | bool | list[str | int | float]


@dataclass(slots=True)
class Placed:
    """What the options come to: values by section and field, free arguments, and notes.

    ``todos`` are questions by the path of the key; ``unsure`` the options whose value is not known,
    ``open`` says that there may be further ones, ``open_sizes`` that sizes may be among them.
    """

    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    args: dict[str, ArgValue] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    todos: dict[str, str] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    open: bool = False
    open_sizes: bool = False

    reasons: dict[str, str] = field(default_factory=dict)

    def why(self, option: str) -> str:
        """Say why an option's value is not known, where something says it."""
        return f" {self.reasons[option]}" if self.reasons.get(option) else ""

    def ask(self, path: str, question: str) -> None:
        """Ask the author for the value of a key."""
        self.todos.setdefault(path, question)


def place(catalogue: Catalogue, parsed: Parsed) -> Placed:
    """Place every option; of one that is given twice the last counts, as in the engine."""
    placed = Placed()
    errors = [fault for fault in parsed.faults if fault.severity is Severity.ERROR]
    wrong = {fault.position for fault in errors}
    for fault in errors:
        if fault.kind != "required-missing":
            hint = fault.hint.partition("\n")[0]
            text = f"SGLang {catalogue.version} refuses it: {fault.message}"
            placed.notes.append(Note(Kind.LEFT_OUT, f"{text}; {hint}" if hint else text))
    for given in _last(parsed.given):
        places = range(given.position, given.position + 1 + len(given.words))
        if given.option.name in SKIPPED or any(place in wrong for place in places):
            continue
        placed.values[given.option.name] = given.value
        if given.option.name not in NAMED_ELSEWHERE:
            _place(catalogue, given, placed)
    return placed


@dataclass(frozen=True, slots=True)
class Unsure:
    """What of a launch is not known: an option's value, or words where options could stand.

    ``option`` is empty for the latter; ``words`` are those that hold marks.
    """

    option: str
    words: tuple[str, ...]


def known(
    catalogue: Catalogue, words: Sequence[str], unknowns: Unknowns
) -> tuple[tuple[str, ...], list[Unsure]]:
    """Leave out what holds something that is not known, but for the model's name and the key."""
    kept: list[str] = []
    unsure: list[Unsure] = []
    divided = list(groups(catalogue, words))
    perhaps = _perhaps(catalogue, divided, unknowns)
    last = {
        option.name: place
        for place, group in enumerate(divided)
        if group.written and (option := catalogue.find(group.string)) is not None
    }
    for place, group in enumerate(divided):
        option = catalogue.find(group.string) if group.written else None
        name = (
            option.name if option is not None else UNKNOWN.sub("…", group.written.partition("=")[0])
        )
        marked = any(UNKNOWN.search(word) for word in group.values)
        if option is not None and place != last[name]:
            pass  # of one that is given twice the last counts
        elif name in perhaps:
            unsure.append(Unsure(name, (perhaps[name],)))
        elif marked and group.written and name not in NAMED_ELSEWHERE:
            unsure.append(Unsure(name, group.values))
        elif group.written:
            kept += [group.written, *group.words]
        for word in group.stray:
            if not UNKNOWN.search(word):
                kept.append(word)
            elif _key_alone(unknowns.choices_in(word)):
                kept += ["--api-key", word]
            else:
                unsure.append(Unsure("", (word,)))
    return tuple(kept), unsure


def _perhaps(catalogue: Catalogue, divided: Sequence[Group], unknowns: Unknowns) -> dict[str, str]:
    """Give the options that marks may give anew, each with its mark."""
    found: dict[str, str] = {}
    for mark in (word for group in divided for word in group.stray if UNKNOWN.search(word)):
        for flag in unknowns.flags_in(mark):
            for again in groups(catalogue, (flag,)):
                option = catalogue.find(again.string)
                if option is not None and option.name not in NAMED_ELSEWHERE:
                    found[option.name] = mark
    return found


def _key_alone(choices: Sequence[Choice]) -> bool:
    """Whether a mark stands for the API key with its flag, or for nothing."""
    given = [choice for choice in choices if choice]
    return bool(given) and all(
        choice[0].partition("=")[0] == "--api-key" and len(choice) <= 2  # noqa: PLR2004 - the flag and the key
        for choice in given
    )


def _last(given: tuple[Given, ...]) -> Iterator[Given]:
    """Keep the last of what is given for the same destination, in the order of the list."""
    last = {one.option.dest: one for one in given}
    yield from sorted(last.values(), key=lambda one: one.position)


def _place(catalogue: Catalogue, given: Given, placed: Placed) -> None:
    if is_secret(given.string) or any(map(is_secret_value, given.words)):
        text = f"`{given.option.name}` holds a secret, which a profile never does"
        placed.notes.append(Note(Kind.LEFT_OUT, text))
        return
    if _fill_field(catalogue, given, placed):
        return
    if owner := field_of_option(catalogue.version, given.option.name):
        text = f"`{given.option.name} {' '.join(given.words)}`".replace(" `", "`")
        placed.notes.append(Note(Kind.LEFT_OUT, f"{text} is no value that `{owner}` takes"))
        return
    free = _free(given)
    if free is None:
        text = f"`{given.option.name}` has an empty value, which a profile cannot say"
        placed.notes.append(Note(Kind.LEFT_OUT, text))
        return
    string = given.string if given.string.startswith("--no-") else given.option.name
    placed.args[string.removeprefix("--")] = free


def _fill_field(catalogue: Catalogue, given: Given, placed: Placed) -> bool:
    """Give the option to the typed field that says it, if there is one."""
    meant = spell(catalogue, given.string, given.words)
    if meant is None:
        return False
    for section, name, _, flag in _fields():
        value = _for_field(catalogue, given, meant, flag)
        if value is not None:
            placed.sections.setdefault(section, {})[name] = value
            return True
    return False


@functools.cache
def _fields() -> tuple[tuple[str, str, FieldInfo, Flag], ...]:
    sections = dict(section_types())
    return tuple(
        (section, name, sections[section].model_fields[name], flag)
        for section, name, flag in flagged_fields()
    )


def _for_field(catalogue: Catalogue, given: Given, meant: tuple[Words, ...], flag: Flag) -> Any:  # noqa: ANN401 - a field's value
    """Give the value with which the field compiles to the same option; None where none does."""
    for value in _candidates(given):
        words = words_for(flag, value)
        said = spell(catalogue, *words) if words is not None else None
        if said is None or not _same(catalogue, meant, said):
            continue
        try:
            return _adapter(flag.name).validate_python(value, strict=True)
        except ValidationError:
            continue
    return None


@functools.cache
def _adapter(flag: str) -> TypeAdapter[Any]:
    """Give what validates a field as its section would."""
    for _, _, info, carried in _fields():
        if carried.name == flag:
            kind: Any = Annotated[(info.annotation, *info.metadata)]
            return TypeAdapter(kind)
    raise KeyError(flag)


def _candidates(given: Given) -> Iterator[Any]:
    if not given.words:
        yield True
        yield False
        return
    named = [word.partition("=") for word in given.words]
    if all(sign for _, sign, _ in named):
        yield {name: value for name, _, value in named}
    if len(given.words) == 1:
        yield given.value
        if isinstance(given.value, int) and abs(given.value) <= EXACT:
            yield float(given.value)
        yield given.words[0]


def _same(catalogue: Catalogue, meant: tuple[Words, ...], said: tuple[Words, ...]) -> bool:
    """Whether a field says the option that is meant, with the value that is meant."""
    if [flag for flag, _ in meant] != [flag for flag, _ in said]:
        return False
    try:
        return _read(catalogue, meant) == _read(catalogue, said)
    except (ArgumentTypeError, ValueError):
        return False


def _read(catalogue: Catalogue, said: tuple[Words, ...]) -> list[list[Any]]:
    """Give the values behind words: `64k` and `65536` are one."""
    read: list[list[Any]] = []
    for flag, words in said:
        option = catalogue.find(flag)
        convert = (converter(option, catalogue.version) if option is not None else None) or str
        read.append([convert(word) for word in words])
    return read


def _free(given: Given) -> ArgValue | None:
    """Write the words as `engine.args` takes them; None where it cannot."""
    if not given.words:
        return True
    scalars = [_scalar(word) for word in given.words]
    if "" in scalars:
        return None
    takes_several = given.option.nargs in {"+", "*"} or isinstance(given.option.nargs, int)
    return scalars if takes_several and len(scalars) > 1 else scalars[0]


def _scalar(word: str) -> str | int | float:
    """Give a number where YAML reads one and it is written back the same."""
    value = resolve(word)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return word
    return value if extra_values(value) == (word,) else word
