"""Which profile that is gone is one that came: moved files are compared, not told as new."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from deployer.late import compile_pattern

if TYPE_CHECKING:
    from deployer.cli.git_profiles import Text

NAME = compile_pattern(r"^name:\s*['\"]?([\w-]+)", re.MULTILINE)

ALIKE = 0.6
"""The share of equal lines from which a file that is gone and one that is new are one that moved;
git's own is 0.5 of the bytes, and profiles resemble each other more than programs do."""

MOST = 10_000
"""Pairs of files of different names that are held against each other: a hundred with a hundred.
Beyond that only what names the same deployment counts as moved (git has such a limit, too:
`diff.renameLimit`, 1,000 files)."""


def moves(gone: Iterable[Text], came: Iterable[Text]) -> list[tuple[Text, Text]]:
    """Pair what is gone with what came: the same deployment first, then what is alike."""
    left, right = {t.file: t for t in gone}, {t.file: t for t in came}
    found = _best(_of_one_name(left.values(), right.values()), left, right)
    if len(left) * len(right) <= MOST:
        every = ((one, other) for one in left.values() for other in right.values())
        found += _best(every, left, right, ALIKE)
    return found


def _of_one_name(gone: Iterable[Text], came: Iterable[Text]) -> Iterator[tuple[Text, Text]]:
    by_name = defaultdict(list)
    for other in came:
        by_name[_name(other)].append(other)
    for one in gone:
        for other in by_name[_name(one)] if _name(one) else ():
            yield one, other


def _best(
    pairs: Iterable[tuple[Text, Text]],
    left: dict[str, Text],
    right: dict[str, Text],
    least: float = 0.0,
) -> list[tuple[Text, Text]]:
    """Take the likest pairs first, each file once, out of what is left."""
    lines = _Lines()
    scored = [(lines.share(one, other), one, other) for one, other in pairs]
    found = []
    for score, one, other in sorted(scored, key=lambda it: (-it[0], it[1].file, it[2].file)):
        if score >= least and one.file in left and other.file in right:
            found.append((left.pop(one.file), right.pop(other.file)))
    return found


class _Lines:
    """The lines of each text, counted once."""

    def __init__(self) -> None:
        self._counted: dict[int, Counter[str]] = {}

    def share(self, one: Text, other: Text) -> float:
        """Give the share of equal lines, wherever they stand."""
        mine, theirs = self._of(one), self._of(other)
        total = mine.total() + theirs.total()
        return 2 * (mine & theirs).total() / total if total else 1.0

    def _of(self, text: Text) -> Counter[str]:
        if id(text) not in self._counted:
            self._counted[id(text)] = Counter(text.text.splitlines())
        return self._counted[id(text)]


def _name(text: Text) -> str:
    found = NAME.search(text.text)
    return found[1] if found else ""
