r"""What is wrong with a text before it is read as YAML: its size and its characters.

PyYAML's reader stops at the first such character without a line number, and counts lines
differently from editors where U+0085, U+2028, U+2029 or a lone carriage return appears. Checking
here names the place, and leaves ``\n`` and ``\r\n`` as the only ends of lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from deployer.finding import Finding, Severity, Span
from deployer.late import compile_pattern

#: A profile takes a few kilobytes; this much still reads in well under a second.
MAX_CHARACTERS = 256 * 1024

_NEWLINE = compile_pattern(r"\r?\n")


@dataclass(frozen=True, slots=True)
class _Kind:
    check: str
    pattern: re.Pattern[str]
    message: str
    hint: str


_KINDS = (
    _Kind(
        "byte-order-mark",
        compile_pattern("\\A\ufeff"),
        "the file begins with a byte order mark ({name}), which belongs to no YAML value",
        'save the file as "UTF-8 without BOM"',
    ),
    _Kind(
        "not-utf-8",
        compile_pattern("[\udc80-\udcff]"),
        "the file is not UTF-8: byte 0x{byte:02X} cannot be decoded",
        "save the file as UTF-8",
    ),
    _Kind(
        "nul-character",
        compile_pattern("\0"),
        "the file holds a NUL character ({name}), so it is not plain UTF-8 text",
        "save the file as UTF-8; files saved as UTF-16 look like this",
    ),
    _Kind(
        "control-character",
        # What remains is what YAML calls printable, less the characters that some readers, but
        # few editors, take for ends of lines.
        compile_pattern(
            "\r(?!\n)|[^\0\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\udc80-\udcff\ue000-\ufefe"
            "\uff00-\ufffd\U00010000-\U0010ffff\ufeff]|(?<!\\A)\ufeff"
        ),
        "the character {name} cannot stand in a profile: it is invisible",
        "delete it; in a text, write it as an escape between double quotes",
    ),
)


def split(text: str) -> tuple[str, ...]:
    """Split into lines as an editor shows them, without their ends."""
    return tuple(_NEWLINE.split(text))


def findings(text: str) -> list[Finding]:
    """Find what keeps a text from being read at all: the first character of each bad kind.

    A byte that is not UTF-8 is recognised as the ``surrogateescape`` error handler leaves it.
    """
    if len(text) > MAX_CHARACTERS:
        return [_too_large(len(text))]
    plain = text.replace("\r\n", "").replace("\n", "").replace("\t", "")
    if plain.isascii() and plain.isprintable():
        return []  # so are nearly all, and no pattern of the following need be compiled
    return [
        Finding(
            check=kind.check,
            severity=Severity.ERROR,
            path="",
            message=kind.message.format(name=f"U+{ord(match[0]):04X}", byte=ord(match[0]) & 0xFF),
            hint=kind.hint,
            span=_span(text, match.start()),
        )
        for kind in _KINDS
        if (match := kind.pattern.search(text))
    ]


def _too_large(size: int) -> Finding:
    return Finding(
        check="file-too-large",
        severity=Severity.ERROR,
        path="",
        message=f"the file has {size:,} characters; a profile may have {MAX_CHARACTERS:,}",
        hint="check that this is the file you meant",
        span=Span(1, 1, 1, 1),
    )


def _span(text: str, index: int) -> Span:
    before = text[:index]
    line = before.count("\n") + 1
    column = index - (before.rfind("\n") + 1) + 1
    return Span(line, column, line, column + 1)
