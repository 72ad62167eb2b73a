"""The tiny model that comes with deployer, held to its checksums each time it is served.

`make tiny-model` trains it anew with the engine's python and compares; nothing else makes it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from deployer.codec import read_json
from deployer.errors import Failure

MANIFEST = "deployer-model.json"
"""Holds the SHA-256 of every other file of the folder."""

FOLDER = Path(__file__).parent / "tiny_model" / "files"


def tiny_model(folder: Path = FOLDER) -> Path:
    """Give the folder of the tiny model; raises Failure where a file is missing or another one."""
    try:
        sound = read_json((folder / MANIFEST).read_text("utf-8")) == checksums(folder)
    except (OSError, ValueError):
        sound = False
    if not sound:
        message = f"the tiny model in {folder} is not the one that came with deployer"
        raise Failure(message, hint="install deployer again, or `git checkout` that folder")
    return folder


def checksums(folder: Path) -> dict[str, str]:
    """Compute the SHA-256 of every file in a folder, the manifest left out."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
