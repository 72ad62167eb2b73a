"""Values as a reviewer must see them: what differs is shown, and what looks alike is named.

A value may be longer than a screen, and two values may differ past its end or in a letter that
looks like another one.
"""

from __future__ import annotations

import unicodedata

from deployer.visible import visible

WIDEST = 100
"""Characters of a value that are shown."""

BEFORE = 20
"""Characters that are shown before the first difference, so that its place is found."""

NAMED = 3
"""Letters of other scripts that are named; more are counted."""

OWN_SHAPES = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "LATIN ")
"""Names of letters that nobody takes for an ASCII one. Accents show in a Latin letter."""


def cut(value: str, widest: int = WIDEST) -> str:
    """Make a value visible, in at most ``widest`` characters: its head, its length, its tail."""
    shown = visible(value)
    if len(shown) <= widest:
        return shown
    said = f"… ({len(shown):,} characters) …"
    tail = (widest - len(said)) // 3
    return f"{shown[: widest - len(said) - tail]}{said}{shown[len(shown) - tail :]}"


def cut_both(old: str, new: str, widest: int = WIDEST) -> tuple[str, str]:
    """Make two values visible; of long ones the part where they differ first is shown.

    What is shown of different values is different.
    """
    before, after = visible(old), visible(new)
    if max(len(before), len(after)) <= widest or before == after:
        return cut(old, widest), cut(new, widest)
    pairs = enumerate(zip(before, after, strict=False))
    first = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    return _from(before, first, widest), _from(after, first, widest)


def alike(value: str) -> str:
    """Name the letters of a value that may pass for others; the empty text for none."""
    found = [letter for letter in dict.fromkeys(value) if _is_alike(letter)]
    named = [f"U+{ord(one):04X} {unicodedata.name(one, 'unnamed')}" for one in found[:NAMED]]
    more = [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
    return f"not ASCII: {', '.join([*named, *more])}" if found else ""


def _from(shown: str, first: int, widest: int) -> str:
    start = max(0, first - BEFORE)
    said = f" ({len(shown):,} characters)"
    head = f"… from {start + 1:,}: " if start else ""
    room = widest - len(head) - len(said) - 1
    part = shown[start : start + room]
    return f"{head}{part}{'…' if start + room < len(shown) else ''}{said}"


def _is_alike(letter: str) -> bool:
    if letter.isascii() or not letter.isalpha():
        return False
    return not unicodedata.name(letter, "").startswith(OWN_SHAPES)
