"""Models that are only a shape: a config with fewer layers, and a tokenizer of our own making."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from options import refuse

SHAPES = Path(__file__).parent / "shapes"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def config(shape: str, layers: int | None = None) -> dict[str, Any]:
    """Give the config of a shape, with so many layers where that is stated."""
    path = SHAPES / f"{shape}.json"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in SHAPES.glob("*.json")))
        refuse(f"there is no shape {shape}; there are {known}")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found if layers is None else {**found, "num_hidden_layers": layers}


def folder(shape: str, under: Path, layers: int | None = None) -> Path:
    """Give a folder with the shape's config and the tokenizer, made where it is not there.

    ``shape`` names a file of ``shapes/``, or is the path of a model's folder, which is taken as
    it is.
    """
    if "/" in shape:
        return Path(shape)
    made = (under / (shape if layers is None else f"{shape}-of-{layers}")).absolute()
    if not (made / "config.json").exists():
        made.mkdir(parents=True, exist_ok=True)
        for name in TOKENIZER:
            shutil.copyfile(SHAPES / "tokenizer" / name, made / name)
        (made / "config.json").write_text(json.dumps(config(shape, layers)), encoding="utf-8")
    return made
