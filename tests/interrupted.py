"""For tests that let a signal raise KeyboardInterrupt in their own process, at any moment."""

from __future__ import annotations

import pytest

at_any_moment = pytest.mark.filterwarnings(
    r"ignore:(?s).*ResourceWarning. unclosed:pytest.PytestUnraisableExceptionWarning"
)
"""The moment may be between the opening of a file and the block that closes it: then the collector
does, and says so. It is the interpreter's way, and nobody's fault."""
