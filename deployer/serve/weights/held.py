"""What a complete folder of weights holds, for whoever asks whether GPUs can."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.codec import read_json
from deployer.serve.weights.marker import Complete, read_marker
from deployer.serve.weights.needed import CONFIG, is_shard

if TYPE_CHECKING:
    from deployer.release import ModelSource


def weights_held(model: ModelSource) -> tuple[int, dict[str, Any]]:
    """Give the bytes of a model's tensors, and its configuration; 0 and nothing if not known.

    The headers of the files are in it.
    """
    marker = read_marker(model.path)
    if not isinstance(marker, Complete):
        return 0, {}
    try:
        text = (Path(model.path) / CONFIG).read_text(encoding="utf-8")
        config = read_json(text, constants=True)
    except (OSError, ValueError):
        config = None
    size = sum(file.size for file in marker.files if is_shard(file.path))
    return size, config if isinstance(config, dict) else {}
