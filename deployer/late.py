"""A pattern that a module declares and few commands use, compiled when it is first used.

A `check` imports two hundred of them, and to compile them all was a fifteenth of its time
(``docs/decisions/0014-start.md``). A type checker sees the standard library's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as compile_pattern

__all__ = ["compile_pattern"]


class _Pattern:
    """A pattern that is compiled when it is first asked for something."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._made = (pattern, flags)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what a pattern has
        """Compile, and keep what was asked for."""
        found = getattr(re.compile(*self._made), name)
        setattr(self, name, found)
        return found


if not TYPE_CHECKING:
    compile_pattern = _Pattern
