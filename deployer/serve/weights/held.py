"""What a complete folder of weights holds, for whoever asks whether GPUs can."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.codec import read_json
from deployer.facts.sglang.formats import FORMAT_FLAG, NOTHING
from deployer.serve.weights.marker import Complete, read_marker
from deployer.serve.weights.needed import CONFIG

if TYPE_CHECKING:
    from deployer.release import ModelSource, Release

INDEX, WEIGHTS = "model.safetensors.index.json", ".safetensors"
"""The list of a checkpoint's files, as transformers writes it, and how their names end."""


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


def read_at_start(release: Release) -> list[int]:
    """Give the bytes of weights that an engine reads as it starts: the model's, then a draft's.

    Of a folder that a download has completed that is what its tensors take, of any other one the
    size of the files there, 0 where none is seen; and nothing of an engine that reads none.
    """
    if any(each.flag == FORMAT_FLAG and each.values == (NOTHING,) for each in release.arguments):
        return []
    drafts = [one for one in release.beside if one.role == "draft"]
    return [weights_held(one)[0] or _files(one.path) for one in (release.model, *drafts)]


def _files(folder: str) -> int:
    """Give the size of the files of weights in a folder: those of its index, where it has one."""
    place = Path(folder)
    try:
        index = read_config((place / INDEX).read_bytes()).get("weight_map")
    except OSError:
        index = None
    names = set(index.values()) if isinstance(index, dict) else None
    found = 0
    with suppress(OSError):  # no folder, or a name of a repository
        for file in place.iterdir() if folder else ():
            if file.suffix == WEIGHTS and (names is None or file.name in names):
                found += file.stat().st_size
    return found


def read_config(content: bytes) -> dict[str, Any]:
    """Read a model's configuration; empty where it is none."""
    try:
        found = read_json(content, constants=True)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
