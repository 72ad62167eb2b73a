"""How this program is called again, for what it tells people to type."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def program() -> str:
    """Give the words that call this program again: its path where PATH does not lead to it."""
    called = Path(sys.argv[0])
    if called.name == "deployer" and shutil.which("deployer") is None:
        return str(called)
    return "deployer"
