"""Secrets that a log has broken: by colours between their letters, or over the end of a line.

A terminal that wraps, a pretty-printer, a progress bar: what they write of a key is the key to
anybody who reads it, and no spelling of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST = 8
"""Letters of a secret that are looked for in pieces; fewer come together by chance."""

LEAST = 2
"""Letters at the end of what is there that may begin a secret, and are held back for it."""

MOST = 512
"""Bytes of escapes and line ends within one secret."""

ESCAPE = rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,64}(?:\x07|\x1b\\)|[@-Z\\^_])"
"""Escapes of a terminal (ECMA-48), and titles (OSC)."""

BREAKS = re.compile(rb"(?:" + ESCAPE + rb"|[\r\n])")

HALF = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,64}\x1b?)?\Z")
"""An escape whose end has not come yet."""


class Broken:
    """Looks for secrets in a text whose escapes and line ends are taken out."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        self._secrets = tuple(each for each in secrets if len(each) >= SHORTEST)
        between = b"(?:" + BREAKS.pattern + b")*"
        self._patterns = tuple(
            re.compile(between.join(re.escape(each[at : at + 1]) for at in range(len(each))))
            for each in self._secrets
        )

    def hide(self, data: bytes, mark: bytes) -> bytes:
        """Put ``mark`` where a secret stands in pieces; a line end within it is kept beside."""
        plain = _joined(data)
        if len(plain) == len(data) or not any(each in plain for each in self._secrets):
            return data
        for pattern in self._patterns:
            data = pattern.sub(lambda found: mark + b"\n" * (b"\n" in found[0]), data)
        return data

    def beginning(self, data: bytes) -> int:
        """Give how many bytes at the end of ``data`` may be the first pieces of a secret."""
        if not self._secrets:
            return 0
        tail = data[-(max(map(len, self._secrets)) + MOST) :]
        half = HALF.search(tail)
        whole = tail[: half.start()] if half else tail
        plain = _joined(whole)
        size = max((_overlap(plain, each) for each in self._secrets), default=0)
        if not size:
            return 0
        return len(tail) - _letters(whole)[-size]


def _joined(data: bytes) -> bytes:
    if b"\x1b" in data:
        return BREAKS.sub(b"", data)
    return data.replace(b"\n", b"").replace(b"\r", b"")


def _letters(data: bytes) -> list[int]:
    """Give where the bytes stand that are no escape and no line end."""
    breaks = {at for found in BREAKS.finditer(data) for at in range(*found.span())}
    return [at for at in range(len(data)) if at not in breaks]


def _overlap(plain: bytes, secret: bytes) -> int:
    """Give with how many letters of its beginning a text ends."""
    sizes = range(min(len(secret) - 1, len(plain)), LEAST - 1, -1)
    return next((size for size in sizes if plain.endswith(secret[:size])), 0)
