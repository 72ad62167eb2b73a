"""Text that others wrote, as Markdown that shows it and does nothing else.

A value, a path or a help text must not break a table, become HTML, call somebody (`@name`) or link
an issue (`#1`): a comment in a pull request is read by people and by programs. GitHub neither
links nor calls inside code.
"""

from __future__ import annotations

import re

from deployer.late import compile_pattern
from deployer.report.shown import WIDEST, alike, cut, cut_both
from deployer.visible import visible

PLAIN = compile_pattern(r"[^`|\\]*")
LITERAL = compile_pattern(r"[\w ./:=+,-]")
CODE = compile_pattern(r"`([^`]+)`")
ARROW = "→"
BREAK = "\u200b"
"""A space without width: it keeps a name from being called, and an address from being a link."""


LINK = compile_pattern(r"(?i)(?:\b(?:https?|ftp|mailto|xmpp):|\bwww\.|@)(?=\S)")
"""What GitHub makes a link of by itself, outside of code between backticks (GFM, autolinks)."""


def code(value: str, widest: int = WIDEST) -> str:
    """Write a value as code, cut to ``widest`` characters; nothing for nothing.

    Letters that may pass for others are named behind it.
    """
    return _code(cut(value, widest)) + _named(value)


def code_both(old: str, new: str) -> tuple[str, str]:
    """Write two values as code so that what differs is shown."""
    before, after = cut_both(old, new)
    return _code(before) + _named(old), _code(after) + _named(new)


def _named(value: str) -> str:
    said = alike(value)
    return f" ({said})" if said else ""


def _code(shown: str) -> str:
    if not shown:
        return ""
    if PLAIN.fullmatch(shown) and shown == shown.strip():
        return f"`{shown}`"
    # A backslash before a pipe would end the cell even in code, so such values are HTML entities.
    broken = LINK.sub(lambda found: f"{found[0]}{BREAK}", shown)
    return f"<code>{''.join(c if LITERAL.match(c) else f'&#{ord(c)};' for c in broken)}</code>"


def prose(text: str) -> str:
    """Write a sentence; what stands between backticks in it stays code."""
    parts = CODE.split(visible(text))
    return "".join(code(part) if at % 2 else _escaped(part) for at, part in enumerate(parts))


def _escaped(text: str) -> str:
    text = text.replace("->", ARROW).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*\[\]|~])|(?<!\w)_|_(?!\w)", lambda found: f"\\{found[0]}", text)
    text = LINK.sub(lambda found: f"{found[0]}{BREAK}", text)
    return re.sub(r"#(?=\w)", lambda found: f"{found[0]}{BREAK}", text)
