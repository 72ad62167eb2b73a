"""Whether a word is a slip of the pen of another one: likeness that is safe to name.

`--enable-ep-moe` looks like `--enable-eplb`, and is another flag; `--mem-fraction-statik` is a
slip. A slip is a letter or two that are missing, too many, wrong or swapped, in a word that is no
word of its own; or the same words in another order, or in other signs (`--model_path`).
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable

from deployer.late import compile_pattern

SHORT = 5
"""Letters of a word in which one may be wrong; in a longer one, :data:`MOST`."""

MOST = 2

_PARTS = compile_pattern(r"[^A-Za-z0-9]+")


def meant(written: str, known: Iterable[str]) -> str:
    """Give the one name that ``written`` is a slip of; the empty text for none, or for several."""
    names, words = _taken_apart(tuple(dict.fromkeys(known)))
    given = _parts(written)
    ranked = sorted(
        (found, index)
        for index, (name, wanted) in enumerate(names)
        if name != written and (found := _slips(given, wanted, words)) is not None
    )
    if not ranked or (len(ranked) > 1 and ranked[1][0] == ranked[0][0]):
        return ""
    return names[ranked[0][1]][0]


def distance(one: str, other: str, most: int = MOST) -> int:
    """Count the letters to insert, take out, change or swap; ``most`` + 1 for more than that.

    This is the optimal string alignment distance (Damerau's four slips of typing).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return min(last[-1], most + 1)


@functools.lru_cache(maxsize=64)
def _taken_apart(
    names: tuple[str, ...],
) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], frozenset[str]]:
    """Give each name with its parts, and every part: the same for whatever is held against them."""
    parts = tuple((name, _parts(name)) for name in names)
    return parts, frozenset(part for _, own in parts for part in own)


def _slips(given: tuple[str, ...], wanted: tuple[str, ...], words: Collection[str]) -> int | None:
    """Count the slips from one name's parts to another's; None where it is no slip."""
    if len(given) != len(wanted):
        return 1 if "".join(given) == "".join(wanted) else None
    differing = [(a, b) for a, b in zip(given, wanted, strict=True) if a != b]
    if len(differing) > 1 and sorted(given) == sorted(wanted):
        return 1
    if len(differing) > MOST:  # each is a slip at least
        return None
    total = 0
    for a, b in differing:
        plural = a + "s" == b or b + "s" == a
        if _digits(a) != _digits(b) or (a in words and not plural):
            return None
        slips = distance(a, b, most := _allowed(b))
        if slips > most:
            return None
        total += slips
    return total if total <= MOST else None


def _allowed(word: str) -> int:
    """Give how many letters of a word may be wrong; of two or three letters none is left over."""
    if len(word) < SHORT - 1:
        return 0
    return 1 if len(word) <= SHORT else MOST


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in _PARTS.split(name) if part)


def _digits(word: str) -> str:
    return "".join(sign for sign in word if sign.isdigit())
