"""The name under which this project is installed, and its version.

The import package and the command are called `deployer`; on the package index that name is another
project's (0.3.10 there is none of ours). The distribution has a name of its own, which nobody has
registered: until it is ours on the index, anyone could, so nothing tells people to install by name.
"""

from __future__ import annotations

import importlib.metadata

NAME = "sglang-deployer"

UNKNOWN = "unknown"
"""The version of a copy that was never installed, such as a bare checkout on ``PYTHONPATH``."""


def version() -> str:
    """Give the installed version of this project, and of no other that is called `deployer`."""
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN
