"""The models whose memory is known: each a file beside this one, with the source of its numbers.

A file holds the model's own `config.json` as it was published, without what memory does not
depend on, the repositories that have exactly it, and where it was read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from deployer.facts.models.config import from_config
from deployer.facts.models.model import Model

FOLDER = Path(__file__).parent


def _read(file: Path) -> Iterator[Model]:
    found = json.loads(file.read_text(encoding="utf-8"))
    for repo in found["repos"]:
        yield from_config(repo, found["config"], found["source"], found["published"]["billions"])


MODELS = {model.repo: model for file in sorted(FOLDER.glob("*.json")) for model in _read(file)}
"""By repository."""
