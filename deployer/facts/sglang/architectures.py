"""Which models a release of SGLang implements, by the class that a configuration names.

``architectures.json`` has for each release what came with it; nothing was ever taken away. It is
written by ``python -m tools.architectures WHEEL...``, from the ``EntryClass`` of every module in
``srt/models/`` of the wheels.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

from deployer.facts.sglang.versions import release_key

FILE = Path(__file__).with_name("architectures.json")


def since(architecture: str) -> str:
    """Give the first release that implements a class; empty where none known here does."""
    return _first().get(architecture, "")


def implements(version: str, architecture: str) -> bool | None:
    """Whether a release implements a class; None where it is newer than all that were read.

    What an older release implements, every later one does.
    """
    first = since(architecture)
    if first and release_key(first) <= release_key(version):
        return True
    return None if release_key(version) > release_key(newest()) else False


def newest() -> str:
    """Give the newest release that was read."""
    return max(_by_release(), key=release_key)


@functools.cache
def _by_release() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@functools.cache
def _first() -> dict[str, str]:
    return {name: version for version, names in _by_release().items() for name in names}
