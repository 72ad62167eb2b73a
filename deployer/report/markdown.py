"""Text that others wrote, as Markdown that shows it and does nothing else.

A value, a path or a help text must not break a table, become HTML, call somebody (`@name`) or link
an issue (`#1`): a comment in a pull request is read by people and by programs. GitHub neither
links nor calls inside code.
"""

from __future__ import annotations

import re

from deployer.visible import visible

WIDEST = 100
"""Characters of a value that are shown."""

PLAIN = re.compile(r"[^`|\\]*")
LITERAL = re.compile(r"[\w ./:=+,-]")
CODE = re.compile(r"`([^`]+)`")
ARROW = "→"
BREAK = "\u200b"
"""A space without width: after `@` and `#` it keeps a name from being called."""


def code(value: str, widest: int = WIDEST) -> str:
    """Write a value as code, cut to ``widest`` characters; nothing for nothing."""
    shown = visible(value)
    shown = shown if len(shown) <= widest else f"{shown[: widest - 1]}…"
    if not shown:
        return ""
    if PLAIN.fullmatch(shown) and shown == shown.strip():
        return f"`{shown}`"
    # A backslash before a pipe would end the cell even in code, so such values are HTML entities.
    return f"<code>{''.join(c if LITERAL.match(c) else f'&#{ord(c)};' for c in shown)}</code>"


def prose(text: str) -> str:
    """Write a sentence; what stands between backticks in it stays code."""
    parts = CODE.split(visible(text))
    return "".join(code(part) if at % 2 else _escaped(part) for at, part in enumerate(parts))


def _escaped(text: str) -> str:
    text = text.replace("->", ARROW).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*\[\]|~])|(?<!\w)_|_(?!\w)", lambda found: f"\\{found[0]}", text)
    return re.sub(r"[@#](?=\w)", lambda found: f"{found[0]}{BREAK}", text)
