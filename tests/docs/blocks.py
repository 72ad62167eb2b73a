"""The blocks of README and docs, each with its place."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GENERATED = ("checks", "reference")
"""Folders below ``docs/`` that are made of sources whose own tests run their examples."""

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and where it stands."""

    language: str
    text: str
    place: str


def pages() -> list[Path]:
    """Give every page that people write."""
    written = (page for page in Path("docs").rglob("*.md") if page.parts[1] not in GENERATED)
    return [Path("README.md"), Path("CONTRIBUTING.md"), Path("SECURITY.md"), *sorted(written)]


def blocks(language: str) -> list[Block]:
    """Give the blocks of a language, in the order of the pages."""
    return [block for page in pages() for block in _blocks(page) if block.language == language]


def commands() -> list[tuple[list[str], str]]:
    """Give the words of each command of deployer that is shown with a prompt, and its place."""
    found = []
    for block in blocks("console"):
        for line in block.text.splitlines():
            words = _words(line)
            if words:
                found.append((words, block.place))
    return found


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(match[1], match[2], f"{page}:{line}")


def _words(line: str) -> list[str]:
    if not line.startswith("$ "):
        return []
    words = shlex.split(line[2:], comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    named = words and words[0] in ("deployer", ".venv/bin/deployer")
    return words[1:] if named else []
