"""What a variable of a shell script is after branches of which only running tells which ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deployer.adopt.script import Choice
from deployer.late import compile_pattern
from deployer.secret import may_name_secret

Value = str | list[str]
"""A variable's text, or an array's items."""

Values = Mapping[str, Value]

Mark = Callable[[str, Sequence[Choice], Sequence[str]], str]
"""Writes down why something is not known, what it may be and which words may be among it, and gives
the mark for it."""

HARMLESS = compile_pattern(
    r"(?:-{0,2}[A-Za-z][A-Za-z_-]{0,40}|[0-9.]{1,12})(?: [0-9.]{1,12})*|nothing"
)
"""What may be shown of an outcome: a word, a flag, a number. A key that is all letters and blanks
between dashes is none."""

MOST_CHOICES = 8
"""What a variable may be is listed up to so many; with more, nothing is said of them."""


def merged(outcomes: Sequence[Values], mark: Mark, *, again: bool = False) -> dict[str, Value]:
    """Give the variables after one of several outcomes; ``again`` where more than one may come."""
    names = dict.fromkeys(name for outcome in outcomes for name in outcome)
    after: dict[str, Value] = {}
    for name in names:
        found = [outcome.get(name) for outcome in outcomes]
        first = found[0]
        if first is not None and all(value == first for value in found[1:]):
            after[name] = first
        else:
            after[name] = _unsure(name, found, mark, again=again)
    return after


def _unsure(name: str, found: Sequence[Value | None], mark: Mark, *, again: bool) -> Value:
    """Keep what every outcome begins with, and mark the rest."""
    several = any(isinstance(value, list) for value in found)
    words = [_words(value) for value in found]
    common = 0
    if not again:
        while len({tuple(each[: common + 1]) for each in words}) == 1 and common < min(
            map(len, words)
        ):
            common += 1
    if (
        not several
        and common < max(map(len, words))
        and not all(
            isinstance(value, str) and _whole(value, common) for value in found if value is not None
        )
    ):
        common = 0
    kept = words[0][:common]
    rests = list(dict.fromkeys(tuple(each[common:]) for each in words))
    among = [word for rest in rests for word in rest]
    if again or len(rests) > MOST_CHOICES:
        rests = []
    told = "" if may_name_secret(name) else _either(rests)
    text = f"`{name}` depends on what only running the script tells{told}"
    marked = mark(text, rests, among)
    if several:
        return [*kept, marked]
    return " ".join([*kept, marked])


def _whole(value: str, common: int) -> bool:
    """Whether a text is its words with one blank between them, or has none in common anyway."""
    return common == 0 or value == " ".join(value.split())


def _words(value: Value | None) -> list[str]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else value.split()


def _either(rests: Sequence[Choice]) -> str:
    shown = [" ".join(rest) or "nothing" for rest in rests]
    if not shown or any("\0" in one for one in shown):
        return ""
    if not all(HARMLESS.fullmatch(one) and not may_name_secret(one) for one in shown):
        return ""
    return f": it is {' or '.join(f'`{one}`' if one != 'nothing' else one for one in shown)}"
