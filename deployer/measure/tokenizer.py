"""The model's tokenizer as a folder of its own: what makes prompts of a stated number of tokens."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from deployer.codec import read_json
from deployer.errors import UsageError

FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
    "chat_template.jinja",
    "config.json",
)
"""The files that `transformers` makes a tokenizer of (5.19 ``tokenization_utils_base.py``)."""

CONFIGS = ("config.json", "tokenizer_config.json")

NEEDED = ("tokenizer.json", "tokenizer.model", "vocab.json")
"""One of them is the vocabulary."""


def copied(folder: Path, into: Path) -> Path:
    """Copy a tokenizer's files, as :func:`disarmed`. Raises UsageError where there is none."""
    for name in FILES:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, into / name)
    return disarmed(into, str(folder))


def disarmed(folder: Path, where: str) -> Path:
    """Take the names of code out of a tokenizer's configs, and give its folder.

    The tool trusts the code beside a tokenizer, and that of the repository that a config names;
    here is none of either. Raises UsageError where there is no tokenizer; ``where`` names it.
    """
    if not any((folder / name).is_file() for name in NEEDED):
        message = f"there is no tokenizer in {where}: none of {', '.join(NEEDED)}"
        raise UsageError(message, hint="--tokenizer names the folder of the model's tokenizer")
    for name in CONFIGS:
        path = folder / name
        config = read_json(path.read_bytes(), constants=True) if path.is_file() else None
        if isinstance(config, dict) and config.pop("auto_map", None) is not None:
            path.write_text(json.dumps(config), encoding="utf-8")
    return folder
