"""The forms of `${NAME...}`: which there are, and what a part of a value comes to."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from enum import Enum, auto

from deployer.late import compile_pattern

BRACED = compile_pattern(
    r"(?P<length>#(?=[A-Za-z_]))?(?P<name>[A-Za-z_]\w*|\d+|[@*])(?:\[(?P<index>[^\]]*)\])?"
    r"(?P<sign>:?[-=+?]|##?|%%?|\^\^?|,,?|:|//?)?(?P<text>.*)",
    re.DOTALL,
)


class Rest(Enum):
    """What is done with the value."""

    NONE = auto()
    DEFAULT = auto()
    INSTEAD = auto()
    REQUIRED = auto()
    STRIP = auto()
    PIECE = auto()
    CASE = auto()
    LENGTH = auto()
    UNREAD = auto()


SIGNS = {
    "-": Rest.DEFAULT, "=": Rest.DEFAULT, "+": Rest.INSTEAD, "?": Rest.REQUIRED, "#": Rest.STRIP,
    "%": Rest.STRIP, "##": Rest.STRIP, "%%": Rest.STRIP, ":": Rest.PIECE, "^^": Rest.CASE,
    ",,": Rest.CASE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expansion:
    """`${NAME[INDEX]SIGN TEXT}` taken apart."""

    name: str
    index: str
    sign: str
    text: str
    rest: Rest

    @property
    def colon(self) -> bool:
        """Whether an empty value counts as none."""
        return self.sign.startswith(":")

    @property
    def assigns(self) -> bool:
        """Whether the variable is set to the default."""
        return self.sign.endswith("=")


def expansion(inner: str) -> Expansion | None:
    """Take what stands within `${ }` apart; None for a form that is not read."""
    found = BRACED.fullmatch(inner)
    if found is None or (not found["sign"] and found["text"]):
        return None
    sign = found["sign"] or ""
    rest = SIGNS.get(sign if len(sign) == 1 else sign.removeprefix(":"), Rest.UNREAD)
    if not sign:
        rest = Rest.LENGTH if found["length"] else Rest.NONE
    elif found["length"]:
        return None
    return Expansion(found["name"], found["index"] or "", sign, found["text"], rest)


def stripped(value: str, sign: str, pattern: str) -> str | None:
    """Take off what a pattern matches at the start (`#`) or the end (`%`)."""
    if re.search(r"[\[\\]", pattern):
        return None
    lengths = range(len(value) + 1)
    if len(sign) == 2:  # noqa: PLR2004 - `##` and `%%` take the longest
        lengths = range(len(value), -1, -1)
    for length in lengths:
        part = value[:length] if sign[0] == "#" else value[len(value) - length :]
        if fnmatch.fnmatchcase(part, pattern):
            return value[length:] if sign[0] == "#" else value[: len(value) - length]
    return value


def piece(value: str, text: str) -> str | None:
    """Give a part of a value by its place: `2` or `0:3`."""
    found = re.fullmatch(r"\s*(\d+)(?::(\d+))?\s*", text)
    if found is None:
        return None
    start = int(found[1])
    return value[start:] if found[2] is None else value[start : start + int(found[2])]


def case_changed(value: str, sign: str, pattern: str) -> str | None:
    """Give a value in other letters."""
    if pattern or not value.isascii():
        return None
    if sign == ",,":
        return value.lower()
    return value.upper() if sign == "^^" else None
