"""The release's own verdict: a real argparse parser, built from the catalogue.

Only the running Python's argparse decides what is accepted and what the values are, exactly as it
does inside the engine; :mod:`deployer.parse.walk` finds out why, and everything else.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from deployer.facts.sglang.catalogue import Catalogue, Option
from deployer.parse.types import converter
from deployer.release import NEGATIVE


@dataclass(frozen=True, slots=True)
class Answer:
    """What the parser says: the values by destination, or why it refuses."""

    accepted: bool
    message: str
    values: dict[str, Any]


HELP = "asked for help"
"""The message where the list asks for help, with which nothing is launched."""


def ask(catalogue: Catalogue, words: Sequence[str], *, given: bool = False) -> Answer:
    """Let the release's parser read a list of words, without the command before them.

    With ``given`` it knows only the options that the words name, where each is written out: the
    verdict and their values are the same, and the defaults of the other hundreds are not there.
    """
    named = _named(catalogue, words) if given else None
    try:
        values = vars(_parser(catalogue.version, named, catalogue).parse_args(list(words)))
    except _RefusedError as error:
        return Answer(accepted=False, message=str(error), values={})
    except _HelpError:
        return Answer(accepted=False, message=HELP, values={})
    return Answer(accepted=True, message="", values=values)


def _named(catalogue: Catalogue, words: Sequence[str]) -> frozenset[str] | None:
    """Give the options that words name; None where one is no exact spelling, or no option."""
    found = [
        catalogue.find(word.partition("=")[0])
        for word in words
        if word.startswith("-") and not NEGATIVE.fullmatch(word)
    ]
    known = [option.name for option in found if option is not None]
    return frozenset(known) if len(known) == len(found) else None


@functools.lru_cache(maxsize=32)
def _parser(
    _version: str, named: frozenset[str] | None, catalogue: Catalogue
) -> argparse.ArgumentParser:
    parser = _Parser(usage="", add_help=False, formatter_class=_formatter)
    parser.add_argument("-h", "--help", action=_Help, nargs=0, default=argparse.SUPPRESS)
    for option in catalogue:
        if named is not None and not (option.required or option.name in named):
            continue
        _add(parser, option, catalogue.version)
    return parser


@functools.cache
def _formatter(prog: str) -> argparse.HelpFormatter:
    """Give one formatter for all options: argparse asks for one with each that is added."""
    return argparse.HelpFormatter(prog, width=80)


def _add(parser: argparse.ArgumentParser, option: Option, version: str) -> None:
    default = argparse.SUPPRESS if option.default_from == "suppressed" else option.default
    stated: dict[str, Any] = {"dest": option.dest, "default": default}
    if option.required:
        stated["required"] = True
    stated["action"] = _action(option)
    if option.action in {"store", "LoRAPathAction", "DeprecatedAliasStoreAction"}:
        stated |= {"type": converter(option, version), "choices": option.choices}
    if option.action in _VALUED:
        stated["nargs"] = option.nargs
    if option.action == "DeprecatedStoreConstAction":
        stated |= {"stores": option.stores, "choices": option.choices}
    if option.action == "DeprecatedAction":
        stated["refusal"] = option.error
    if option.nargs == "?":
        stated["const"] = option.const
    parser.add_argument(*_declared(option), **stated)


def _declared(option: Option) -> list[str]:
    """Give the spellings that were declared: argparse adds the ``--no-`` forms itself."""
    if option.action != "BooleanOptionalAction":
        return list(option.strings)
    added = {f"--no-{string.removeprefix('--')}" for string in option.strings}
    return [string for string in option.strings if string not in added]


def _action(option: Option) -> Any:  # noqa: ANN401 - argparse takes names and classes
    if option.action in {"store", "store_true", "store_false"}:
        return option.action
    return _ACTIONS[option.action]


class _RefusedError(Exception):
    """The parser refuses the list."""


class _HelpError(Exception):
    """The list asks for help."""


class _Parser(argparse.ArgumentParser):
    """Raises where argparse would print and end the program."""

    def error(self, message: str) -> NoReturn:
        raise _RefusedError(message)


class _Help(argparse.Action):
    def __call__(self, *_: object) -> None:
        raise _HelpError


class _Refusing(argparse.Action):
    """A retired flag: warns, or refuses where the release has something to say instead."""

    def __init__(self, *args: Any, refusal: str = "", **stated: Any) -> None:  # noqa: ANN401
        self.refusal = refusal
        super().__init__(*args, **stated)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        if self.refusal:
            parser.error(self.refusal)


class _True(argparse.Action):
    """A deprecated switch that still stores true."""

    def __init__(self, *args: Any, **stated: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(*args, **{**stated, "nargs": 0, "const": True})

    def __call__(self, _parser: object, namespace: argparse.Namespace, *_: object) -> None:
        setattr(namespace, self.dest, True)


class _Const(argparse.Action):
    """A deprecated spelling of one fixed value."""

    def __init__(self, *args: Any, stores: Any = None, **stated: Any) -> None:  # noqa: ANN401
        self.stores = stores
        super().__init__(*args, **stated)

    def __call__(self, _parser: object, namespace: argparse.Namespace, *_: object) -> None:
        setattr(namespace, self.dest, self.stores)


class _Alias(argparse.Action):
    """Stores what the words come to: a deprecated name, or a list of adapters."""

    def __call__(
        self,
        _parser: object,
        namespace: argparse.Namespace,
        values: Any,  # noqa: ANN401 - argparse's own
        *_: object,
    ) -> None:
        setattr(namespace, self.dest, values)


_VALUED = {
    "store",
    "LoRAPathAction",
    "DeprecatedAliasStoreAction",
    "DeprecatedStoreConstAction",
    "DeprecatedAction",
}
_ACTIONS: dict[str, type[argparse.Action]] = {
    "BooleanOptionalAction": argparse.BooleanOptionalAction,
    "DeprecatedAction": _Refusing,
    "DeprecatedStoreTrueAction": _True,
    "DeprecatedStoreConstAction": _Const,
    "DeprecatedAliasStoreAction": _Alias,
    "LoRAPathAction": _Alias,
}
