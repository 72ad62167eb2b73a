"""Runs ``deployer.serve`` with the very deployer that this file belongs to. A script.

``python -m deployer.serve`` would do where deployer is installed. Run from a checkout, it is found
by way of the current folder or PYTHONPATH, neither of which the supervisor has: its folder is the
deployment's, and PYTHONPATH would go on to the engine.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    root = str(Path(__file__).resolve().parents[3])
    sys.path.pop(0)  # this folder, in which no module is meant to be found by its bare name
    if root not in sys.path:
        sys.path.insert(0, root)
    runpy.run_module("deployer.serve", run_name="__main__", alter_sys=True)
