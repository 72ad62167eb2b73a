"""Run one step of the actions by its name: `python -I .../tools/action/__main__.py base`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# An isolated interpreter looks for nothing beside the script. At the end: nothing here may stand
# in for a module of the standard library.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from tools.action import base, check, comment, install

STEPS = {
    "environment": install.make,
    "install": install.fill,
    "base": base.main,
    "check": check.main,
    "comment": comment.main,
}

if __name__ == "__main__":
    sys.exit(STEPS[sys.argv[1]](os.environ))
