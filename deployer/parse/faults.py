"""What is wrong with one option of a list, and with its words."""

from __future__ import annotations

import difflib
from argparse import ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from deployer.facts.sglang import history
from deployer.facts.sglang.catalogue import Catalogue, Option
from deployer.finding import Severity
from deployer.parse.hidden import told_values
from deployer.parse.parsed import Fault
from deployer.parse.secrets import shown, shown_alone
from deployer.parse.types import converter
from deployer.parse.unknown import instead, successor_since, unknown
from deployer.parse.walk import HELP, Group, least, most

ERROR, WARNING = Severity.ERROR, Severity.WARNING
SHOWN_CHOICES = 12
"""Choices that are listed in a message; more are counted."""


def of_group(catalogue: Catalogue, group: Group, *, alike: bool = True) -> Iterator[Fault]:
    """Give what is wrong with a word that names an option, and with the words after it.

    ``alike`` is as in :func:`deployer.parse.unknown.unknown`.
    """
    if group.written:
        yield from _of_option(catalogue, group, alike=alike)
    if group.stray and not _explained(catalogue, group):
        yield _stray(catalogue, group)


def _of_option(catalogue: Catalogue, group: Group, *, alike: bool) -> Iterator[Fault]:
    name = group.name
    if group.misplaced:
        yield _misplaced(group)
        return
    if not group.candidates:
        yield unknown(catalogue, name, group.position, _given(group), alike=alike)
        return
    if len(group.candidates) > 1:
        yield _ambiguous(catalogue, group, name)
        return
    if group.string in HELP:
        message = f"`{name}` prints the help, and nothing is launched"
        yield Fault("help-flag", ERROR, group.position, "--help", message, "take it out")
        return
    option = catalogue.find(group.string)
    if option is None:
        return
    if name != group.string:
        yield _abbreviated(group, name)
    if option.deprecated or option.error:
        yield _deprecated(catalogue, option, group)
    yield from _of_values(catalogue, option, group)


def _misplaced(group: Group) -> Fault:
    message = "what begins with a dash is read as a flag, not as the value of the flag before it"
    hint = "write `--flag=VALUE` in one word"
    return Fault("unknown-flag", ERROR, group.position, "", message, hint)


def _ambiguous(catalogue: Catalogue, group: Group, name: str) -> Fault:
    """Say what is meant; of a flag that is gone, its story says more than its likenesses."""
    if history.lifetimes(name):
        return unknown(catalogue, name, group.position, _given(group))
    several = ", ".join(f"`{string}`" for string in group.candidates[:6])
    more = len(group.candidates) - 6
    message = f"`{name}` may mean {several}" + (f" and {more} more" if more > 0 else "")
    return Fault("ambiguous-flag", ERROR, group.position, "", message, "write the whole name")


def _abbreviated(group: Group, name: str) -> Fault:
    message = (
        f"`{name}` is no flag: it works as the only beginning of `{group.string}`, until a "
        "release adds another"
    )
    hint = f"write `{group.string}`"
    return Fault("abbreviated-flag", WARNING, group.position, group.string, message, hint)


def _deprecated(catalogue: Catalogue, option: Option, group: Group) -> Fault:
    gone = f", and is gone since {option.removed_in}" if option.removed_in else ""
    hint = instead(group.string, catalogue.version, _given(group))
    if option.error:
        message = f"SGLang {catalogue.version} refuses `{group.string}`: {option.error}"
        return Fault("refused-flag", ERROR, group.position, option.name, message, hint)
    since = successor_since(group.string, catalogue.version)
    came = f"; what replaces it came with {since}" if since else ""
    message = f"`{group.string}` is deprecated in SGLang {catalogue.version}{gone}{came}"
    return Fault("deprecated-flag", WARNING, group.position, option.name, message, hint)


def _of_values(catalogue: Catalogue, option: Option, group: Group) -> Iterator[Fault]:
    if group.explicit is not None and most(option) == 0:
        message = f"`{group.string}` is a switch and takes no value"
        hint = f"write `{group.string}` alone, or leave it out"
        yield Fault("switch-with-value", ERROR, group.position, option.name, message, hint)
        return
    words = group.values
    if len(words) < least(option):
        yield _missing(option, group, len(words))
        return
    first = group.position + (0 if group.explicit is not None else 1)
    for index, word in enumerate(words):
        found = _bad_value(catalogue, option, group.string, word)
        if found is not None:
            kind, message, hint = found
            yield Fault(kind, ERROR, first + index, option.name, message, hint)
        elif word in option.choice_aliases:
            newer = option.choice_aliases[word]
            message = f"`{word}` is an old name of `{newer}` for `{option.name}`"
            yield Fault(
                "renamed-choice", WARNING, first + index, option.name, message, f"write `{newer}`"
            )


def _given(group: Group) -> tuple[str, ...]:
    """Give the words that were meant as values, as far as they may be shown."""
    if group.secret:
        return ()
    return (shown_alone(group.explicit),) if group.explicit is not None else told_values(group)


def _missing(option: Option, group: Group, given: int) -> Fault:
    wanted = least(option)
    message = f"`{group.string}` needs {'a value' if wanted == 1 else f'{wanted} values'}"
    message += f", and has {given}" if given else ""
    hint = f"give it {_expected(option)}"
    return Fault("missing-value", ERROR, group.position, option.name, message, hint)


def _bad_value(
    catalogue: Catalogue, option: Option, string: str, word: str
) -> tuple[str, str, str] | None:
    """Give kind, message and hint where the word is no value of the option."""
    told = shown(string, word)
    convert = converter(option, catalogue.version)
    value: Any = word
    if convert is not None:
        try:
            value = convert(word)
        except ArgumentTypeError as error:
            return "wrong-type", f"`{told}` is no value of `{string}`", str(error)
        except (TypeError, ValueError):
            return "wrong-type", f"`{told}` is no value of `{string}`", f"give {_expected(option)}"
    if option.choices is not None and value not in option.choices:
        message = f"`{told}` is no choice of `{string}` in SGLang {catalogue.version}"
        return "not-a-choice", message, _choice_hint(option, string, word)
    return None


def _choice_hint(option: Option, string: str, word: str) -> str:
    choices = [str(choice) for choice in option.choices or ()]
    near = difflib.get_close_matches(word, choices, n=1)
    listed = ", ".join(choices[:SHOWN_CHOICES])
    more = f" and {len(choices) - SHOWN_CHOICES} more" if len(choices) > SHOWN_CHOICES else ""
    other = [
        f"from {born}" + (f" until {gone} (without it)" if gone else " on")
        for born, gone in history.choice_lifetimes(string, word)
    ]
    parts = [
        f"did you mean `{near[0]}`?" if near else "",
        f"SGLang has it {' and '.join(other)}" if other else "",
        f"there are {listed}{more}",
    ]
    return "\n".join(part for part in parts if part)


def _expected(option: Option) -> str:
    names = {"int": "a whole number", "float": "a number", "human_readable_int": "a number (64k)"}
    one = names.get(option.type, "a value")
    if "json" in option.type or option.type == "parse_cuda_graph_config_arg":
        one = "JSON"
    return f"{one}, or several" if option.nargs in {"+", "*"} else one


def _explained(catalogue: Catalogue, group: Group) -> bool:
    """Whether stray words follow from what is said of the word before them already."""
    return bool(group.written) and catalogue.find(group.string) is None


def _stray(catalogue: Catalogue, group: Group) -> Fault:
    option = catalogue.find(group.string)
    taken = len(group.words) + (1 if group.written else 0)
    position = group.position + taken
    told = told_values(group)[len(group.words)]
    if option is None:
        what = "no flag is before it" if group.written == "" else "no flag takes it"
        message = f"`{told}` belongs to nothing: {what}"
        return Fault("stray-value", ERROR, position, "", message, "take it out")
    if most(option) == 0:
        message = f"`{group.string}` is a switch and takes no value, and `{told}` follows it"
        hint = f"write `{group.string}` alone, or leave it out"
        return Fault("switch-with-value", ERROR, position, option.name, message, hint)
    message = f"`{group.string}` takes one value, and `{told}` is one more"
    return Fault("stray-value", ERROR, position, option.name, message, "take it out, or quote both")
