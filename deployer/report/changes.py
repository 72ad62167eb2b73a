"""Changes as text."""

from __future__ import annotations

from collections.abc import Sequence

from deployer.plan.changes import Change
from deployer.report.shown import alike, cut_both
from deployer.visible import visible

MARK = {"added": "+", "removed": "-", "changed": "~", "renamed": "="}


def text(changes: Sequence[Change]) -> str:
    """Give a line for each change, aligned; the empty text for none."""
    width = max((len(change.what) for change in changes), default=0)
    return "".join(f"{line(change, width)}\n" for change in changes)


def line(change: Change, width: int = 0) -> str:
    """Give one change: its mark, what it is, its values, and the key behind it."""
    renamed = f"{change.was} -> {change.what}" if change.was else change.what
    old, new = cut_both(change.old, change.new)
    sides = {
        "added": new,
        "removed": f"was {old}",
        "changed": f"{old} -> {new}",
        "renamed": f"{old} -> {new}",
    }
    same = change.kind == "renamed" and change.old == change.new
    values = new if same else sides[change.kind]
    values += "".join(f" [{said}]" for said in (alike(change.old + change.new),) if said)
    named = (change.key if change.key != change.what else "", visible(change.at))
    renamed = f"{change.shape} {renamed}" if change.shape else renamed
    key = ", ".join(filter(None, named))
    key = f"  ({key})" if key else ""
    return f"  {MARK[change.kind]} {renamed:<{width}}  {values}{key}"
