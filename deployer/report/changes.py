"""Changes as text."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.plan.changes import Change
from deployer.visible import visible

MARK = {"added": "+", "removed": "-", "changed": "~", "renamed": "="}
WIDEST = 100
"""Characters of a value that are shown; a warm-up prompt can be longer than a screen."""


def text(changes: Sequence[Change]) -> str:
    """Give a line for each change, aligned; the empty text for none."""
    width = max((len(change.what) for change in changes), default=0)
    return "".join(f"{line(change, width)}\n" for change in changes)


def line(change: Change, width: int = 0) -> str:
    """Give one change: its mark, what it is, its values, and the key behind it."""
    renamed = f"{change.was} -> {change.what}" if change.was else change.what
    sides = {
        "added": _cut(change.new),
        "removed": f"was {_cut(change.old)}",
        "changed": f"{_cut(change.old)} -> {_cut(change.new)}",
        "renamed": f"{_cut(change.old)} -> {_cut(change.new)}",
    }
    same = change.kind == "renamed" and change.old == change.new
    values = _cut(change.new) if same else sides[change.kind]
    key = f"  ({change.key})" if change.key != change.what else ""
    return f"  {MARK[change.kind]} {renamed:<{width}}  {values}{key}"


def _cut(value: str) -> str:
    shown = visible(value)
    return shown if len(shown) <= WIDEST else f"{shown[: WIDEST - 3]}..."
