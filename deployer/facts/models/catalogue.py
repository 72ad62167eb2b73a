"""The models whose memory is known: each a file beside this one, with the source of its numbers.

A file holds the model's own `config.json` as it was published, without what memory does not
depend on, the repositories that have exactly it, and where it was read.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from deployer.facts.models.checkpoint import CONFIG, Checkpoint, from_files
from deployer.facts.models.model import Model

FOLDER = Path(__file__).parent


@cache
def find(repo: str) -> Checkpoint | None:
    """Give what is shipped of a repository, None where nothing is."""
    found = _entries().get(repo)
    if found is None:
        return None
    return from_files(repo, "", {CONFIG: found["config"]}, source=found["source"])


def shapes(repo: str) -> Model | None:
    """Give the shapes of a repository's model, None where they are not known."""
    found = find(repo)
    return None if found is None else found.model


def known() -> tuple[str, ...]:
    """Name every repository of which facts are shipped."""
    return tuple(sorted(_entries()))


@cache
def _entries() -> dict[str, dict[str, Any]]:
    read = (json.loads(file.read_text(encoding="utf-8")) for file in FOLDER.glob("*.json"))
    return {repo: found for found in read for repo in found["repos"]}
