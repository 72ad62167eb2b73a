"""What a program said last: the error of its last traceback, or the last line."""

from __future__ import annotations

from deployer.diagnose.block import OPENING


def last_error(said: str) -> str:
    """Give the line that names the error; behind it come the rest of its message and its notes."""
    _, opening, after = said.rpartition(OPENING)
    lines = (line for line in after.splitlines() if line.strip() and not line.startswith(" "))
    named = next(lines, "") if opening else ""
    return named.rstrip() or said.strip().rpartition("\n")[2]
