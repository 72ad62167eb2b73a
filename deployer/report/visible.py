"""Text that others wrote, with nothing in it that a terminal or a page would obey."""

from __future__ import annotations

import unicodedata

UNSHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories of what has no shape, or changes the order of what stands around it."""


def visible(text: str) -> str:
    """Write what has no shape of its own (line ends, directions, lone surrogates) as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(c) if unicodedata.category(c) in UNSHOWN else c for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
