"""The models whose facts are shipped: one line each of the file beside this one.

A line holds the model's own `config.json` as it was published, with what stood beside it and
without what memory does not depend on, and where it was read; or the repository whose line it has
exactly, and who says so. ``python -m tools.models`` writes it. A line is found without reading the
others.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from deployer.facts.models.checkpoint import CONFIG, Checkpoint, from_files
from deployer.facts.models.model import Model

FILE = Path(__file__).with_name("models.jsonl")


@cache
def find(repo: str) -> Checkpoint | None:
    """Give what is shipped of a repository, None where nothing is."""
    found = _line(repo)
    if found is None:
        return None
    like = found if "same" not in found else _line(found["same"])
    if like is None:
        return None
    return from_files(repo, "", {CONFIG: like["config"]}, source=found["source"])


def shapes(repo: str) -> Model | None:
    """Give the shapes of a repository's model, None where they are not known."""
    found = find(repo)
    return None if found is None else found.model


def known() -> tuple[str, ...]:
    """Name every repository of which facts are shipped."""
    return tuple(re.findall(r'^{"repo":"([^"]+)"', _text(), re.MULTILINE))


def _line(repo: str) -> dict[str, Any] | None:
    text, begin = _text(), f'{{"repo":{json.dumps(repo)},'
    at = 0 if text.startswith(begin) else text.find(f"\n{begin}") + 1
    if not text.startswith(begin, at):
        return None
    found: dict[str, Any] = json.loads(text[at : text.index("\n", at)])
    return found


@cache
def _text() -> str:
    return FILE.read_text(encoding="utf-8")
