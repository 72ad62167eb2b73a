"""The tiny model that comes along: whole, or not served."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from deployer.engine.model import FOLDER, MANIFEST, checksums, tiny_model
from deployer.errors import Failure


def test_what_comes_along_is_whole() -> None:
    assert tiny_model() == FOLDER
    assert {"config.json", "model.safetensors", "tokenizer.json"} < checksums(FOLDER).keys()
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 500_000


@pytest.mark.parametrize("damage", ["changed", "missing", "extra", "manifest", "unreadable"])
def test_what_is_damaged_is_not_served(tmp_path: Path, damage: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "files")
    weights = folder / "model.safetensors"
    if damage == "changed":
        weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    elif damage == "missing":
        weights.unlink()
    elif damage == "extra":
        (folder / "extra.bin").write_bytes(b"")
    else:
        (folder / MANIFEST).write_text(json.dumps([]) if damage == "manifest" else "{")

    with pytest.raises(Failure, match="is not the one that came with deployer") as caught:
        tiny_model(folder)
    assert str(folder) in caught.value.message
