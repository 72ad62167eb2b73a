"""What of a start's weights is read, by which their rate is reckoned."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from deployer.release import Argument, Beside, ModelSource
from deployer.serve.weights.held import read_at_start
from tests.serve.living import make_release


def write(folder: Path, sizes: dict[str, int]) -> str:
    folder.mkdir()
    for name, size in sizes.items():
        (folder / name).write_bytes(b"0" * size)
    return str(folder)


def test_a_folder_that_the_author_fills_is_read_by_the_size_of_its_files(tmp_path: Path) -> None:
    model = write(tmp_path / "m", {"a.safetensors": 70, "b.safetensors": 5, "tokenizer.json": 9})
    draft = write(tmp_path / "d", {"1.safetensors": 10, "2.safetensors": 20, "all.safetensors": 30})
    index = {"metadata": {}, "weight_map": {"x": "1.safetensors", "y": "2.safetensors"}}
    (tmp_path / "d/model.safetensors.index.json").write_text(json.dumps(index))
    beside = Beside("huggingface", "a/b", "main", draft, "", role="draft")
    adapter = replace(beside, role="adapter", path=model)
    release = replace(
        make_release(), model=ModelSource("path", "", "", model, "m"), beside=(adapter, beside)
    )

    assert read_at_start(release) == [75, 30]
    noise = Argument("--load-format", ("dummy",), "model.load_format")
    assert read_at_start(replace(release, arguments=(noise,))) == [], "noise is read from nowhere"


def test_what_is_not_seen_is_of_no_size(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text("[")
    for path in ("", "org/name", str(tmp_path), str(tmp_path / "none")):
        release = make_release()
        assert read_at_start(replace(release, model=replace(release.model, path=path))) == [0]
