"""Patterns of paths as shells and `.gitignore` write them, for shells that did not expand them.

`*` and `?` stay within a folder, `**` is any number of folders, `[...]` one character. A name that
begins with a dot is only matched by a pattern that says the dot. (``glob.translate`` is Python
3.13's; ``PurePath.match`` takes `**` for `*` before that.)
"""

from __future__ import annotations

import functools
import re

from deployer.late import compile_pattern

MAGIC = compile_pattern(r"[*?\[]")
ENDINGS = (".yaml", ".yml")

_PART = compile_pattern(r"\*+|\?|\[!?\]?[^\]/]*\]|.", re.DOTALL)


def is_pattern(word: str) -> bool:
    """Whether a word of the command line is a pattern, and no path."""
    return MAGIC.search(word) is not None


def before(pattern: str) -> str:
    """Give the folder that a pattern begins in: all before the first part with magic in it."""
    kept = []
    for part in pattern.split("/")[:-1]:
        if is_pattern(part):
            break
        kept.append(part)
    return "/".join(kept) or ("/" if pattern.startswith("/") else "")


def spells_an_ending(pattern: str) -> bool:
    """Whether a pattern says which files it means (`*.yaml`), or only where they are (`a/**`)."""
    last = pattern.rpartition("/")[2]
    return re.search(r"\.\w*y\W*a?\W*m", last) is not None or last.endswith(ENDINGS)


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern takes a path; both count from the same folder."""
    return re.fullmatch(_expression(pattern), path) is not None


@functools.cache
def _expression(pattern: str) -> str:
    parts = [part for part in pattern.split("/") if part not in {"", "."}]
    text = ""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            text += r"(?:(?!\.)[^/]+/)*" + (r"(?!\.)[^/]+" if last else "")
        else:
            text += _name(part) + ("" if last else "/")
    return text


def _name(part: str) -> str:
    """Translate the pattern of one name."""
    dot = "" if part.startswith(".") else r"(?!\.)"
    return dot + "".join(_piece(piece) for piece in _PART.findall(part))


def _piece(piece: str) -> str:
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece.startswith("[") and len(piece) > 1:
        inside = piece[1:-1].replace("\\", r"\\")
        return f"(?!/)[{'^' + inside[1:] if inside.startswith('!') else inside}]"
    return re.escape(piece)
