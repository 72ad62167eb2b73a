"""Which files of a repository serving needs: everything, but for what is known to be needless.

A list of what is wanted would miss the file that the next model brings (a template, a tokenizer
of another kind, code); a list of what is not costs at worst some bytes.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from deployer.codec import read_json
from deployer.errors import Failure

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.serve.weights.manifest import HubFile

INDEX = "model.safetensors.index.json"
"""Which tensor lies in which shard. It is small and lands first, and proves nothing."""

CONFIG = "config.json"
ADAPTER_CONFIG = "adapter_config.json"
"""What PEFT writes beside an adapter's weights (peft ``utils/constants.py``, ``CONFIG_NAME``)."""

NEEDLESS = {
    "original/*": "the same weights in their author's own format",
    "consolidated*": "the same weights in one piece, for another program",
    "*.gguf": "the same weights for llama.cpp",
    "*.pth": "the same weights, pickled",
    "*.pt": "the same weights, pickled",
    "*.ckpt": "the same weights for TensorFlow",
    "*.h5": "the same weights for TensorFlow",
    "*.msgpack": "the same weights for Flax",
    "*.ot": "the same weights for Rust",
    "*.onnx": "the same model for another runtime",
    "*.onnx_data": "the same model for another runtime",
    "onnx/*": "the same model for another runtime",
    "openvino/*": "the same model for another runtime",
    "*.tflite": "the same model for another runtime",
    "*.mlmodel": "the same model for another runtime",
    "*.md": "documentation",
    "*.png": "documentation",
    "*.jpg": "documentation",
    "*.jpeg": "documentation",
    "*.gif": "documentation",
    "*.svg": "documentation",
    "*.pdf": "documentation",
    "*.mp4": "documentation",
    ".gitattributes": "for git alone",
    ".gitignore": "for git alone",
}
"""Patterns of paths that are left on the hub, and why."""

PICKLED = "*.bin"
"""Left out too where there are safetensors: the engine prefers those, and these repeat them."""

_TOKENIZERS = ("tokenizer*", "*.tiktoken", "tiktoken*", "vocab*", "*.model", "tekken.json")


def needed(files: tuple[HubFile, ...]) -> tuple[HubFile, ...]:
    """Give the files that are downloaded."""
    kept = tuple(f for f in files if not any(fnmatchcase(f.path, p) for p in NEEDLESS))
    if any(is_shard(file.path) for file in kept):
        kept = tuple(file for file in kept if not fnmatchcase(file.path, PICKLED))
    return kept


def shell(files: tuple[HubFile, ...]) -> tuple[HubFile, ...]:
    """Give of the files that are downloaded those that are no weights, and name none."""
    kept = (file for file in files if not is_shard(file.path) and file.path != INDEX)
    return tuple(file for file in kept if not fnmatchcase(file.path, PICKLED))


def is_shard(path: str) -> bool:
    """Say if a file holds tensors in the safetensors format."""
    return path.endswith(".safetensors")


def lacks(files: tuple[HubFile, ...], config: str = CONFIG) -> tuple[str, ...]:
    """Say what a repository lacks without which nothing can be served from it.

    ``config`` is the file that says what it holds: :data:`ADAPTER_CONFIG` for an adapter.
    """
    paths = {file.path for file in files}
    found = [] if config in paths else [f"it has no {config}"]
    if not any(is_shard(path) or fnmatchcase(path, PICKLED) for path in paths):
        found.append("it has no weights (*.safetensors)")
    return tuple(found)


def notes(files: tuple[HubFile, ...]) -> tuple[str, ...]:
    """Say what a repository lacks that may be given in another way."""
    if any(fnmatchcase(file.path, pattern) for file in files for pattern in _TOKENIZERS):
        return ()
    return ("it has no tokenizer",)


def shards_of_index(folder: Path) -> tuple[str, ...]:
    """Give the shards that the index in a folder names, none if there is no index.

    Raises :class:`Failure` if it is there and cannot be read.
    """
    path = folder / INDEX
    try:
        names = read_json(path.read_text(encoding="utf-8"))["weight_map"].values()
        return tuple(sorted({str(name) for name in names}))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path} cannot be read: {error!r}"
        raise Failure(message) from None
