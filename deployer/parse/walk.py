"""Which words belong together: argparse's own rules, followed to the end of the list.

argparse stops at its first error; a reader wants them all. The rules are those of Python's
``argparse._parse_known_args`` for a parser without positional arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deployer.facts.sglang.catalogue import Catalogue, Option
from deployer.parse.secrets import shown_alone
from deployer.release import NEGATIVE
from deployer.secret import HIDDEN

HELP = ("-h", "--help")


@dataclass(frozen=True, slots=True)
class Group:
    """A word that names an option, with the words that it takes.

    ``candidates`` are the spellings that the word may mean: one where it is right or a unique
    abbreviation, several where it is ambiguous, none where no option begins so. ``explicit`` is
    the text behind an equals sign. ``words`` are what the option takes of what follows, ``stray``
    the words after those, which no option takes; a group of stray words alone has no ``written``.
    ``secret`` says that these words may be a secret, ``misplaced`` that ``written`` itself may be
    the value of a secret flag before it (:mod:`deployer.parse.hidden` marks both).
    """

    position: int
    written: str
    candidates: tuple[str, ...]
    explicit: str | None
    words: tuple[str, ...]
    stray: tuple[str, ...]
    secret: bool = False
    misplaced: bool = False

    @property
    def name(self) -> str:
        """What was written as a flag, as it may be shown."""
        return HIDDEN if self.misplaced else shown_alone(self.written.partition("=")[0])

    @property
    def values(self) -> tuple[str, ...]:
        """The words of the option's value: those that it takes, or the one behind the sign."""
        return self.words if self.explicit is None else (self.explicit,)

    @property
    def string(self) -> str:
        """The spelling that is meant, empty where it is unknown or ambiguous."""
        return self.candidates[0] if len(self.candidates) == 1 else ""


def groups(catalogue: Catalogue, words: Sequence[str]) -> Iterator[Group]:
    """Divide a list of words into groups, in their order."""
    end = words.index("--") if "--" in words else len(words)
    position = 0
    while position < len(words):
        if position >= end or not _is_option(catalogue, words[position]):
            following = _values(catalogue, words, position, end)
            if not following:  # the `--` itself: what follows it is never an option
                following = list(words[position:])
            yield Group(position, "", (), None, (), tuple(following))
            position += len(following)
            continue
        following = _values(catalogue, words, position + 1, end)
        yield _group(catalogue, words[position], position, following)
        position += 1 + len(following)


def _group(catalogue: Catalogue, word: str, position: int, following: list[str]) -> Group:
    candidates, explicit = _meant(catalogue, word)
    option = catalogue.find(candidates[0]) if len(candidates) == 1 else None
    taken = 0
    if explicit is None and option is not None:
        taken = min(len(following), most(option))
    return Group(
        position=position,
        written=word,
        candidates=candidates,
        explicit=explicit,
        words=tuple(following[:taken]),
        stray=tuple(following[taken:]),
    )


def most(option: Option) -> int:
    """Give how many words an option takes at most."""
    if isinstance(option.nargs, int):
        return option.nargs
    if option.nargs in {"*", "+"}:
        return 10**9
    return 0 if option.action in SWITCHES else 1


SWITCHES = {"store_true", "store_false", "BooleanOptionalAction", "DeprecatedStoreTrueAction"}
"""Actions that take no value, whatever the catalogue says of their number."""


def least(option: Option) -> int:
    """Give how many words an option needs."""
    if isinstance(option.nargs, int):
        return option.nargs
    return 0 if option.nargs in {"*", "?"} or option.action in SWITCHES else 1


def _values(catalogue: Catalogue, words: Sequence[str], start: int, end: int) -> list[str]:
    """Give the words from ``start`` on that are no options, up to ``--``."""
    stop = start
    while stop < end and not _is_option(catalogue, words[stop]):
        stop += 1
    return list(words[start:stop])


def _is_option(catalogue: Catalogue, word: str) -> bool:
    if not word.startswith("-") or word == "-":
        return False
    if catalogue.find(word) is not None or word in HELP or _meant(catalogue, word)[0]:
        return True
    return NEGATIVE.fullmatch(word) is None and " " not in word


def _meant(catalogue: Catalogue, word: str) -> tuple[tuple[str, ...], str | None]:
    """Give the spellings that a word may mean, and the text behind its equals sign."""
    if catalogue.find(word) is not None or word in HELP:
        return (word,), None
    name, equals, explicit = word.partition("=")
    value = explicit if equals else None
    if equals and (catalogue.find(name) is not None or name in HELP):
        return (name,), value
    if not word.startswith("--"):
        return (("-h",), word[2:]) if word.startswith("-h") else ((), None)
    found = catalogue.beginning_with(name)
    return ((*found, "--help") if "--help".startswith(name) else found), value
