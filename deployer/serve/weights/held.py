"""What a complete folder of weights holds, for whoever asks whether GPUs can."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.codec import read_json
from deployer.serve.weights.marker import Complete, read_marker
from deployer.serve.weights.needed import CONFIG

if TYPE_CHECKING:
    from deployer.release import ModelSource


def weights_held(model: ModelSource) -> tuple[int, dict[str, Any]]:
    """Give the bytes of a model's tensors, and its configuration; 0 and nothing if not known."""
    marker = read_marker(model.path)
    if not isinstance(marker, Complete):
        return 0, {}
    try:
        content = (Path(model.path) / CONFIG).read_bytes()
    except OSError:
        content = b""
    return marker.tensors, read_config(content)


def read_config(content: bytes) -> dict[str, Any]:
    """Read a model's configuration; empty where it is none."""
    try:
        found = read_json(content, constants=True)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
