"""Changes as text."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.plan.changes import Change

MARK = {"added": "+", "removed": "-", "changed": "~"}
WIDEST = 100
"""Characters of a value that are shown; a warm-up prompt can be longer than a screen."""


def text(changes: Sequence[Change]) -> str:
    """Give a line for each change, aligned; the empty text for none."""
    width = max((len(change.what) for change in changes), default=0)
    return "".join(f"  {MARK[change.kind]} {_line(change, width)}\n" for change in changes)


def _line(change: Change, width: int) -> str:
    sides = {
        "added": _cut(change.new),
        "removed": f"was {_cut(change.old)}",
        "changed": f"{_cut(change.old)} -> {_cut(change.new)}",
    }
    key = f"  ({change.key})" if change.key != change.what else ""
    return f"{change.what:<{width}}  {sides[change.kind]}{key}"


def _cut(value: str) -> str:
    return value if len(value) <= WIDEST else f"{value[: WIDEST - 3]}..."
