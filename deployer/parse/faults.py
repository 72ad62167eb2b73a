"""What is wrong with one option of a list, and with its words."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from deployer import slip
from deployer.facts.foreign_values import value_of
from deployer.facts.sglang import history
from deployer.facts.sglang.catalogue import Catalogue, Option
from deployer.facts.sglang.replacements import ALONE, Beside, accepts, replacement
from deployer.finding import Severity
from deployer.parse.hidden import told_values
from deployer.parse.parsed import Cure, Fault
from deployer.parse.secrets import shown, shown_alone
from deployer.parse.types import converter
from deployer.parse.unknown import cure, instead, successor_since, unknown
from deployer.parse.walk import HELP, Group, least, most

ERROR, WARNING = Severity.ERROR, Severity.WARNING
YES, NO = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})
"""What is written behind a switch as if it took a value."""

SHOWN_CHOICES = 12
"""Choices that are listed in a message; more are counted."""


def of_group(
    catalogue: Catalogue, group: Group, *, beside: Beside = ALONE, alike: bool = True
) -> Iterator[Fault]:
    """Give what is wrong with a word that names an option, and with the words after it.

    ``beside`` and ``alike`` are as in :func:`deployer.parse.unknown.unknown`.
    """
    if group.written:
        yield from _of_option(catalogue, group, beside, alike=alike)
    if group.stray and not _explained(catalogue, group):
        yield _stray(catalogue, group)


def _of_option(
    catalogue: Catalogue, group: Group, beside: Beside, *, alike: bool
) -> Iterator[Fault]:
    name = group.name
    if group.misplaced:
        yield _misplaced(group)
        return
    if not group.candidates:
        yield unknown(catalogue, group, _given(group), beside=beside, alike=alike)
        return
    if len(group.candidates) > 1:
        yield _ambiguous(catalogue, group, name, beside)
        return
    if group.string in HELP:
        message = f"`{name}` prints the help, and nothing is launched"
        mended = Cure(group.position, group.position + 1)
        yield Fault(
            "help-flag", ERROR, group.position, "--help", message, "take it out", cure=mended
        )
        return
    option = catalogue.find(group.string)
    if option is None:
        return
    if name != group.string:
        yield _abbreviated(group, name)
    if option.deprecated or option.error:
        yield _deprecated(catalogue, option, group, beside)
    yield from _of_values(catalogue, option, group)


def _misplaced(group: Group) -> Fault:
    message = "what begins with a dash is read as a flag, not as the value of the flag before it"
    hint = "write `--flag=VALUE` in one word"
    return Fault("unknown-flag", ERROR, group.position, "", message, hint)


def _ambiguous(catalogue: Catalogue, group: Group, name: str, beside: Beside) -> Fault:
    """Say what is meant; of a flag that is gone, its story says more than its likenesses."""
    if history.lifetimes(name):
        return unknown(catalogue, group, _given(group), beside=beside)
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
    return Fault(
        "abbreviated-flag",
        WARNING,
        group.position,
        group.string,
        message,
        hint,
        cure=_respelt(group, group.string, group.values),
    )


def _respelt(group: Group, flag: str, values: tuple[str, ...]) -> Cure | None:
    """Give another spelling of a flag or of its values, in the place of what it takes."""
    if group.secret:
        return None
    return Cure(group.position, group.position + 1 + len(group.words), ((flag, values),))


def _deprecated(catalogue: Catalogue, option: Option, group: Group, beside: Beside) -> Fault:
    gone = f", and is gone since {option.removed_in}" if option.removed_in else ""
    hint = instead(group.string, catalogue.version, _given(group), beside)
    mended = cure(catalogue, group, beside)
    if option.error:
        message = f"SGLang {catalogue.version} refuses `{group.string}`: {option.error}"
        return Fault("refused-flag", ERROR, group.position, option.name, message, hint, cure=mended)
    since = successor_since(group.string, catalogue.version)
    came = f"; what replaces it came with {since}" if since else ""
    message = f"`{group.string}` is deprecated in SGLang {catalogue.version}{gone}{came}"
    return Fault(
        "deprecated-flag", WARNING, group.position, option.name, message, hint, cure=mended
    )


def _of_values(catalogue: Catalogue, option: Option, group: Group) -> Iterator[Fault]:
    if group.explicit is not None and most(option) == 0:
        message = f"`{group.string}` is a switch and takes no value"
        hint = f"write `{group.string}` alone, or leave it out"
        mended = _without_value(group, group.explicit or "", 1)
        yield Fault(
            "switch-with-value", ERROR, group.position, option.name, message, hint, cure=mended
        )
        return
    words = group.values
    if len(words) < least(option):
        yield _missing(option, group, len(words))
        return
    first = group.position + (0 if group.explicit is not None else 1)
    for index, word in enumerate(words):
        found = _bad_value(catalogue, option, group.string, word)
        if found is not None:
            kind, message, hint, newer = found
            mended = _with_word(group, index, newer) if newer else None
            yield Fault(kind, ERROR, first + index, option.name, message, hint, cure=mended)
        elif word in option.choice_aliases:
            newer = option.choice_aliases[word]
            message = f"`{word}` is an old name of `{newer}` for `{option.name}`"
            mended = _with_word(group, index, newer)
            yield Fault(
                "renamed-choice",
                WARNING,
                first + index,
                option.name,
                message,
                f"write `{newer}`",
                cure=mended,
            )


def _with_word(group: Group, index: int, word: str) -> Cure | None:
    """Put another word in the place of one of the values."""
    values = (*group.values[:index], word, *group.values[index + 1 :])
    return _respelt(group, group.written.partition("=")[0], values)


def _without_value(group: Group, value: str, words: int) -> Cure | None:
    """Take the value of a switch out: all of it where the value is a no."""
    end = group.position + words
    if value.lower() in NO:
        return Cure(group.position, end)
    said = ((group.written.partition("=")[0], ()),)
    return Cure(group.position, end, said) if value.lower() in YES else None


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
) -> tuple[str, str, str, str] | None:
    """Give kind, message, hint and the right word where one is no value of the option."""
    told = shown(string, word)
    convert = converter(option, catalogue.version)
    value: Any = word
    if convert is not None:
        try:
            value = convert(word)
        except ArgumentTypeError as error:
            return "wrong-type", f"`{told}` is no value of `{string}`", str(error), ""
        except (TypeError, ValueError):
            hint = f"give {_expected(option)}"
            return "wrong-type", f"`{told}` is no value of `{string}`", hint, ""
    if option.choices is not None and value not in option.choices:
        message = f"`{told}` is no choice of `{string}` in SGLang {catalogue.version}"
        hint, newer = _choice_hint(catalogue, option, string, word)
        return "not-a-choice", message, hint, newer
    return None


def _choice_hint(catalogue: Catalogue, option: Option, string: str, word: str) -> tuple[str, str]:
    """Say what to write instead, and give it where it means the same: what is known comes first."""
    choices = [str(choice) for choice in option.choices or ()]
    listed = ", ".join(choices[:SHOWN_CHOICES])
    more = f" and {len(choices) - SHOWN_CHOICES} more" if len(choices) > SHOWN_CHOICES else ""
    other = [
        f"from {born}" + (f" until {gone} (without it)" if gone else " on")
        for born, gone in history.choice_lifetimes(string, word)
    ]
    told, newer = _known_value(catalogue, option, word)
    if not told and not other and (near := slip.meant(word, choices)):
        told = f"did you mean `{near}`?"
    parts = [
        told,
        f"SGLang has it {' and '.join(other)}" if other else "",
        f"there are {listed}{more}",
    ]
    return "\n".join(part for part in parts if part), newer


def _known_value(catalogue: Catalogue, option: Option, word: str) -> tuple[str, str]:
    """Say what a value is called here, as the tables of other engines and renames have it."""
    foreign = value_of(option.name, word)
    if foreign is not None and accepts(catalogue, option.name, (foreign.write,)):
        if foreign.same:
            return f"write `{foreign.write}`, {foreign.told(word)}", foreign.write
        return f"the nearest is `{foreign.write}`", ""
    advice = replacement(option.name, catalogue.version, (word,))
    if advice is None or not advice.write:
        return "", ""
    if advice.same:
        flag, _, newer = advice.write.partition(" ")
        return f"write `{advice.write}` instead", newer if flag == option.name else ""
    why = f": {advice.why}" if advice.why else ""
    taken = accepts(catalogue, option.name, (advice.write,))
    return (f"the nearest is `{advice.write}`{why}" if taken else ""), ""


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
        mended = _without_value(group, told, 2) if len(group.stray) == 1 else None
        return Fault("switch-with-value", ERROR, position, option.name, message, hint, cure=mended)
    message = f"`{group.string}` takes one value, and `{told}` is one more"
    return Fault("stray-value", ERROR, position, option.name, message, "take it out, or quote both")
