"""The proof that the weights in a folder are complete, without the hub and without a network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.serve.weights.manifest import Manifest
from deployer.serve.weights.marker import read_marker
from deployer.serve.weights.needed import is_shard, shards_of_index
from deployer.serve.weights.safetensors import problem

if TYPE_CHECKING:
    from deployer.release import ModelSource
    from deployer.serve.weights.manifest import HubFile

THREADS = 8
"""Files looked at together: the weights lie on a volume that is reached over a network."""


def verify(model: ModelSource, *, deep: bool = False) -> tuple[str, ...]:
    """Say why the weights of a model are not complete; nothing means that they are.

    It reads the marker and the head of every shard: seconds, not minutes. ``deep`` reads and
    hashes every byte.
    """
    marker = read_marker(model.path)
    if isinstance(marker, str):
        return (marker,)
    if reasons := marker.fits(model):
        return reasons
    manifest = Manifest(marker.repo, marker.commit, marker.files)
    return problems(Path(model.path), manifest, deep=deep)


def problems(folder: Path, manifest: Manifest, *, deep: bool = False) -> tuple[str, ...]:
    """Say what of a manifest is missing or wrong in a folder. Other files do no harm."""
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(partial(_file_problem, folder, deep=deep), manifest.files))
    return (*filter(None, found), *unlisted_shards(folder, manifest))


def unlisted_shards(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Say which shards the index in a folder names that are not in the manifest."""
    paths = {file.path for file in manifest.files}
    try:
        named = shards_of_index(folder)
    except Failure as failure:
        return (failure.message,)
    return tuple(
        f"the index names {shard}, which {manifest.repo} does not have at {manifest.commit}"
        for shard in named
        if shard not in paths
    )


def _file_problem(folder: Path, file: HubFile, *, deep: bool) -> str:
    path = folder / file.path
    try:
        size = path.stat().st_size
        if size != file.size:
            return f"{file.path} has {size} bytes where the hub states {file.size}"
        if is_shard(file.path) and (wrong := problem(path, size)):
            return f"{file.path}: {wrong}"
        if deep and not file.is_at(path):
            return f"{file.path} does not have the hash that the hub states"
    except FileNotFoundError:
        return f"{file.path} is missing"
    except OSError as error:
        return f"{file.path} cannot be read: {error.strerror}"
    return ""
