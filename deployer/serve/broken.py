"""Secrets that a log has broken: by colours between letters, over the end of a line, into bytes.

A terminal that wraps, a pretty-printer, a progress bar, a dump: what they write of a key is the key
to anybody who reads it, and no spelling of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deployer.secret import base64_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHORTEST = 8
"""Letters of a secret that are looked for in pieces; fewer come together by chance."""

DUMPED = 512
"""Letters of the longest secret that is looked for byte by byte: nobody dumps a key in PEM so."""

MOST = 512
"""Bytes of escapes and line ends within one secret."""

ESCAPE = rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,64}(?:\x07|\x1b\\)|[@-Z\\^_])"
"""Escapes of a terminal (ECMA-48), and titles (OSC)."""

BREAKS = re.compile(ESCAPE + rb"|[\r\n\x00]")
"""UTF-16 has a zero beside each letter of ASCII."""

HALF = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,64}\x1b?)?\Z")
"""An escape whose end has not come yet."""

SEPARATORS = re.compile(rb"0[xX]|\\{1,2}(?:[xX]|u00)|%|[ :,\-\r\n]")
r"""What stands between bytes in hexadecimal: `73 6b`, `73:6b`, `0x73, 0x6b`, `\x73\x6b`, `%73%6b`,
`\u0073\u006b`; and the line ends of `xxd -p`."""

HALF_SEPARATOR = re.compile(rb"(?:0|\\{1,2}(?:u0{0,2})?)\Z")


class Broken:
    """Looks for secrets in a text whose escapes, line ends and separators are taken out."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        long = [each for each in secrets if len(each) >= SHORTEST]
        short = [each for each in long if len(each) <= DUMPED]
        coded = [text.encode() for each in short for text in base64_of(each)]
        # Without its first bytes, too: they may have been shown before the rest came.
        dumped = [each[at:].hex().encode() for each in short for at in range(min(3, len(each) - 7))]
        self._plain = _Way([*long, *coded], 1, BREAKS, HALF, _without_breaks)
        self._bytes = _Way(dumped, 2, SEPARATORS, HALF_SEPARATOR, _without_separators)

    def hide(self, data: bytes, mark: bytes) -> bytes:
        """Put ``mark`` where a secret stands in pieces; a line end within it is kept beside."""
        return self._bytes.hide(self._plain.hide(data, mark), mark)

    def beginning(self, data: bytes) -> int:
        """Give how many bytes at the end of ``data`` may be the first pieces of a secret."""
        return max(self._plain.beginning(data), self._bytes.beginning(data))


def overlap(text: bytes, word: bytes) -> int:
    """Give with how many letters of its beginning a text ends, short of all of them."""
    tail = text[1 - len(word) :] if len(word) > 1 else b""
    at = tail.find(word[:1])
    while at >= 0:
        if word.startswith(tail[at:]):
            return len(tail) - at
        at = tail.find(word[:1], at + 1)
    return 0


class _Way:
    """One way of breaking secrets: into pieces of ``size`` letters, with ``between`` between them.

    ``joined`` takes out at least that, at little cost. ``half`` is what may become one of those.
    """

    def __init__(
        self,
        secrets: Iterable[bytes],
        size: int,
        between: re.Pattern[bytes],
        half: re.Pattern[bytes],
        joined: Callable[[bytes], bytes],
    ) -> None:
        self._secrets = tuple(sorted(set(secrets), key=len, reverse=True))
        self._patterns: dict[bytes, re.Pattern[bytes]] = {}
        self._size = size
        self._between = between
        self._half = half
        self._joined = joined
        self._tail = 2 * max(map(len, self._secrets), default=0) + MOST

    def hide(self, data: bytes, mark: bytes) -> bytes:
        plain = self._joined(data)
        if len(plain) == len(data):
            return data
        for secret in self._secrets:
            if secret in plain:
                pattern = self._pattern(secret)
                data = pattern.sub(lambda found: mark + b"\n" * (b"\n" in found[0]), data)
        return data

    def beginning(self, data: bytes) -> int:
        """Give how much of the end may begin a secret.

        More than one piece is asked for, for one is chance; half a byte is enough within a line,
        which goes on, for it may come letter by letter.
        """
        tail = data[-self._tail :]
        ended = self._size == 1 or tail.endswith((b"\n", b"\r"))
        few = self._size if ended else 0
        half = self._half.search(tail)
        # `30 3` and a `0`, which may be the end of a byte or become the `0x` of the next one.
        ends = (len(tail), half.start()) if half else (len(tail),)
        return max(self._held(tail, end, few) for end in ends)

    def _held(self, tail: bytes, end: int, few: int) -> int:
        """Give how much of ``tail`` begins a secret by more than ``few`` letters to ``end``."""
        whole = tail[:end]
        if self._overlap(self._joined(whole)) <= few:
            return 0
        letters = self._letters(whole)
        size = self._overlap(bytes(whole[at] for at in letters))
        return len(tail) - letters[-size] if size else 0

    def _overlap(self, plain: bytes) -> int:
        text = plain.lower() if self._size > 1 else plain
        return max((overlap(text, each) for each in self._secrets), default=0)

    def _letters(self, data: bytes) -> list[int]:
        """Give where the bytes stand that are nothing between pieces."""
        others = {at for found in self._between.finditer(data) for at in range(*found.span())}
        return [at for at in range(len(data)) if at not in others]

    def _pattern(self, secret: bytes) -> re.Pattern[bytes]:
        if secret not in self._patterns:
            pieces = (secret[at : at + self._size] for at in range(0, len(secret), self._size))
            between = b"(?:" + self._between.pattern + b")*"
            fold = re.IGNORECASE if self._size > 1 else 0
            self._patterns[secret] = re.compile(between.join(map(re.escape, pieces)), fold)
        return self._patterns[secret]


def _without_breaks(data: bytes) -> bytes:
    if b"\x1b" in data:
        return BREAKS.sub(b"", data)
    return data.translate(None, b"\r\n\x00")


def _without_separators(data: bytes) -> bytes:
    low = data.lower().replace(b"0x", b"").replace(b"u00", b"")
    return low.translate(None, b" :,-\\x%\r\n")
