"""Which profile's file a deployment is of, as a mark that a tag can carry.

A tag takes letters, digits, `.`, `_` and `-`, and 63 of them (modal 1.6.4). A `/` becomes `__`; of
a path that does not fit, or that says something else, the end is kept with digits of its hash.
"""

from __future__ import annotations

import hashlib
import re

from deployer.late import compile_pattern

LONGEST = 63
DIGITS = 8
PLAIN = compile_pattern(r"[A-Za-z0-9.-]+(_[A-Za-z0-9.-]+)*")


def mark(path: str) -> str:
    """Give the mark of a file, '' for none: another file has another mark."""
    parts = path.split("/")
    plain = "__".join(parts)
    if all(PLAIN.fullmatch(part) for part in parts) and len(plain) <= LONGEST:
        return plain
    if not path:
        return ""
    digits = hashlib.sha256(path.encode(errors="surrogateescape")).hexdigest()[:DIGITS]
    kept = re.sub(r"[^A-Za-z0-9.-]", "-", "--".join(parts))[-(LONGEST - DIGITS - 1) :]
    return f"{kept}_{digits}"


def shown(marked: str) -> str:
    """Give the file of a mark, as far as the mark tells."""
    return marked.replace("__", "/")
