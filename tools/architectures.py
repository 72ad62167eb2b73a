"""``python -m tools.architectures WHEEL...``: which models each release implements, from its wheel.

Nothing of a wheel is run: the modules below ``srt/models/`` are parsed, and their ``EntryClass``
read. The file is written anew from all wheels that are given, the oldest release first.
"""

from __future__ import annotations

import ast
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from deployer.facts.sglang.architectures import FILE
from deployer.facts.sglang.versions import release_key

MODELS = "sglang/srt/models/"


def main(wheels: list[str]) -> int:
    """Write the file; give the exit code."""
    if not wheels:
        print(__doc__, file=sys.stderr)
        return 2
    read = {_version(Path(wheel)): classes(Path(wheel)) for wheel in wheels}
    FILE.write_text(text(read), encoding="utf-8")
    return 0


def text(read: dict[str, frozenset[str]]) -> str:
    """Give the file's text: for each release what none before it had."""
    before: frozenset[str] = frozenset()
    found: dict[str, list[str]] = {}
    for version in sorted(read, key=release_key):
        if gone := before - read[version]:
            msg = f"{version} lost {', '.join(sorted(gone))}: the file cannot say that"
            raise ValueError(msg)
        found[version] = sorted(read[version] - before)
        before = read[version]
    return json.dumps(found, indent=1) + "\n"


def classes(wheel: Path) -> frozenset[str]:
    """Give the names of every class that a release registers."""
    with zipfile.ZipFile(wheel) as archive:
        modules = [n for n in archive.namelist() if n.startswith(MODELS) and n.endswith(".py")]
        texts = [archive.read(name).decode("utf-8-sig") for name in modules]
    return frozenset(name for each in texts for name in entries(each))


def entries(module: str) -> Iterator[str]:
    """Give the names that a module's ``EntryClass`` holds."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "EntryClass" for target in node.targets
        ):
            value = node.value
            parts = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            yield from (part.id for part in parts if isinstance(part, ast.Name))


def _version(wheel: Path) -> str:
    return wheel.name.split("-")[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
