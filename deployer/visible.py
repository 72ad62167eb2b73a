"""Text that others wrote, with nothing in it that a terminal or a page would obey."""

from __future__ import annotations

import unicodedata

from deployer.late import compile_pattern

UNSHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
"""Unicode categories of what has no shape, or changes the order of what stands around it."""

BLANK = compile_pattern(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and symbols of other categories that show nothing: what is left of the property
Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties.txt), and the empty Braille
pattern."""


def visible(text: str) -> str:
    """Write what has no shape of its own (line ends, directions, blank letters) as escapes.

    The result is one line. Spaces stay; any other character that looks like one does not.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(c) if _unshown(c) else c for c in text)


def visible_lines(text: str) -> str:
    """Do the same for a text of several lines: their ends stay."""
    return "\n".join(map(visible, text.split("\n")))


def _unshown(character: str) -> bool:
    if character == " ":
        return False
    return unicodedata.category(character) in UNSHOWN or bool(BLANK.match(character))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
