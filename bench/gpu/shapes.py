"""Models that are only a shape: a config with fewer layers, and a tokenizer of our own making."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

SHAPES = Path(__file__).parent / "shapes"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def folder(shape: str, under: Path) -> Path:
    """Give a folder with the shape's config and the tokenizer, made where it is not there.

    ``shape`` names a file of ``shapes/``, or is the path of a model's folder, which is taken as
    it is.
    """
    if "/" in shape:
        return Path(shape)
    made = (under / shape).absolute()
    if not (made / "config.json").exists():
        made.mkdir(parents=True, exist_ok=True)
        for name in TOKENIZER:
            shutil.copyfile(SHAPES / "tokenizer" / name, made / name)
        text = (SHAPES / f"{shape}.json").read_text(encoding="utf-8")
        (made / "config.json").write_text(json.dumps(json.loads(text)), encoding="utf-8")
    return made
