"""How findings name what an author wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

_LONGEST = 60


def code(text: object) -> str:
    """Name a key, a flag or a value that can be written as it stands."""
    return f"`{_printable(_shortened(str(text)))}`"


def quoted(text: str) -> str:
    """Show a text in double quotes, shortened, with what cannot be printed escaped."""
    return _printable(json.dumps(_shortened(text), ensure_ascii=False))


def found(value: object) -> str:
    """Say what was found, in an author's words: ``the text "8"``, ``the number 8``."""
    if isinstance(value, str):
        return f"the text {quoted(value)}" if value else "an empty text"
    if value is None or isinstance(value, bool):
        return f"`{json.dumps(value)}`"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, Mapping):
        return "a section with keys" if value else "an empty section"
    return "a list" if value else "an empty list"


def joined(items: Iterable[str], word: str) -> str:
    """Join with commas and, before the last, ``word``."""
    parts: Sequence[str] = tuple(items)
    if len(parts) < 2:  # noqa: PLR2004 - one part needs no joining
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
