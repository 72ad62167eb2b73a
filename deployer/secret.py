"""How a secret may be spelt in a text that somebody else wrote."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus


def forms(secret: str) -> set[str]:
    """Give the spellings of a secret: as it is, and quoted once and twice over."""
    found = {secret}
    for _ in range(2):
        found |= {quoted for form in found for quoted in _quoted(form)}
    return found


def _quoted(text: str) -> Iterable[str]:
    plain = json.dumps(text)[1:-1]
    yield plain
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield plain.replace("/", "\\/")
    # How Go and Jinja's tojson write JSON that may stand inside HTML.
    yield re.sub("[<>&']", lambda found: f"\\u{ord(found[0]):04x}", plain)
    yield repr(text)[1:-1]
    yield repr(text + '"')[1:-2]  # as inside a repr that has to escape single quotes
    yield text.replace("\\", "\\\\").replace("'", "\\'")
    yield html.escape(text)
    for encode in (quote, quote_plus):
        for safe in ("", "/"):
            percent = encode(text, safe=safe)
            yield percent
            yield re.sub("%..", lambda found: found[0].lower(), percent)
