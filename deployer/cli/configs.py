"""A model's own `config.json`, named on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deployer.cli.reading import read_text
from deployer.codec import read_json
from deployer.errors import Failure, UsageError
from deployer.facts.models.checkpoint import CONFIG, DOCUMENTS, Checkpoint, from_files

LARGEST = 100_000_000
"""Bytes of a model's configuration: names of quantized layers alone make 3,000,000 of MiniMax M3's
in NVFP4, and the index of the files of a large model has 15,000,000."""


def read_checkpoint(path: str, repo: str) -> Checkpoint:
    """Read a model's configuration, and what stands beside it: quantization, exact bytes.

    Raises UsageError for no file, Failure where it does not even say the shapes of a model.
    """
    documents = {CONFIG: _json(path)}
    for name in DOCUMENTS:
        beside = Path(path).with_name(name)
        if name != CONFIG and beside.is_file():
            documents[name] = _json(str(beside))
    found = from_files(repo, "", documents, source=path)
    if found.model is None:
        missing = "; ".join(found.not_understood)
        message = f"{path} does not say what memory depends on: {missing}"
        raise Failure(message)
    return found


def _json(path: str) -> Mapping[str, Any]:
    try:
        found: Any = read_json(read_text(path, "a model's config.json", LARGEST), constants=True)
    except ValueError as error:
        message = f"{path} is {error}"
        raise UsageError(message, hint="Give the path of a model's config.json") from error
    if not isinstance(found, dict):
        message = f"{path} is not the configuration of a model"
        raise UsageError(message)
    return found
