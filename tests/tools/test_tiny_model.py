"""What is said of a tiny model that was trained again."""

from __future__ import annotations

import shutil
from pathlib import Path

from deployer.engine.model import FOLDER
from tools.tiny_model.__main__ import differing


def test_only_what_differs_is_named(tmp_path: Path) -> None:
    trained = shutil.copytree(FOLDER, tmp_path / "trained")
    assert differing(trained, FOLDER) == []

    (trained / "model.safetensors").write_bytes(b"other weights")
    (trained / "tokenizer.json").unlink()
    (trained / "more.json").write_text("{}")

    assert differing(trained, FOLDER) == ["model.safetensors", "more.json", "tokenizer.json"]
