"""A shipped profile as one text, whatever it extends: for tests that change a line of it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from deployer.cli.layers import read_profile
from deployer.profile.layers import Layered, read
from deployer.report.whole import whole

ROOT = Path(__file__).parents[1]
PLACE = re.compile(r"  # \S+:\d+$", re.MULTILINE)
"""Where a value stands, behind it."""


@cache
def shipped(name: str) -> str:
    """Give the text of ``profiles/NAME.yaml``, and of one that extends another what it comes to."""
    path = str(ROOT / "profiles" / f"{name}.yaml")
    text = read_profile(path)
    if not isinstance(text, Layered):
        return text
    return PLACE.sub("", whole(read(text, path), ""))
