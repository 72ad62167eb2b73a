"""A share of a folder: one shard, or all that is none, fetched by one container of several.

Each commits its share as soon as it is proven. The marker is not theirs: it is written by the
download of the whole, which finds everything there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import Failure
from deployer.serve.weights.arrived import Arrived
from deployer.serve.weights.clients import RANGES, fetcher
from deployer.serve.weights.download import broken, refuse
from deployer.serve.weights.hub import Hub
from deployer.serve.weights.marker import remove_marker
from deployer.serve.weights.needed import is_shard, needed
from deployer.serve.weights.pace import PACE, Gate, Pace
from deployer.serve.weights.progress import Progress
from deployer.serve.weights.record import Record
from deployer.serve.weights.space import doubt
from deployer.serve.weights.verify import unlisted_shards

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.event import Event
    from deployer.release import ModelSource
    from deployer.serve.weights.manifest import HubFile, Manifest

SMALL_FILES = ""
"""Stands for the path of a share that is all files that are no shards."""


def fetch_share(  # noqa: PLR0913 - keyword arguments, each a plain value
    model: ModelSource,
    path: str,
    *,
    manifest: Manifest,
    commit: Callable[[], None],
    tell: Callable[[Event], None],
    environ: Mapping[str, str] = os.environ,
    pace: Pace = PACE,
    client: str = RANGES,
) -> None:
    """Fetch one file of ``manifest`` into ``model.path``, prove it, and commit it.

    ``path`` is that of a shard, which ``pace.workers`` connections fetch together, or
    :data:`SMALL_FILES`. Other processes may fill the same folder with other files. ``tell`` gets
    events of the phase ``weights`` that carry an :class:`Arrived`. Raises :class:`Failure`.
    """
    folder = Path(model.path)
    progress = Progress(tell, record=lambda there, said: _told(model, path, there, said))
    files = _files(manifest, path)
    size = sum(file.size for file in files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        progress.plan(len(files), size, 0)
        record = Record(folder)
        if not all(record.proves(file) for file in files):
            doubt(folder, size)
            remove_marker(model.path)
            _fetch(manifest, files, folder, progress, Hub.of(environ, pace), pace, client)
            commit()
        if path == SMALL_FILES:
            refuse(manifest.repo, unlisted_shards(folder, manifest))
    except Failure as failure:
        progress.failed(failure)
        raise
    except OSError as error:
        lost = broken(folder, error, progress.missing())
        progress.failed(lost)
        raise lost from error
    done = Arrived(model.path, path, size, proven=True)
    progress.note(f"{path or 'all small files'}: there and proven", done.to_json())


def _fetch(  # noqa: PLR0913, PLR0917 - what a share consists of
    manifest: Manifest,
    files: tuple[HubFile, ...],
    folder: Path,
    progress: Progress,
    hub: Hub,
    pace: Pace,
    client: str,
) -> None:
    made = fetcher(
        hub, manifest, folder, progress, pace=pace, gate=Gate(), client=client, wide_above=0
    )
    for file in files:
        made.settle(file)
        progress.tick()


def _files(manifest: Manifest, path: str) -> tuple[HubFile, ...]:
    """Give the files of a share. Raises :class:`Failure` for a path that the manifest has not."""
    wanted = needed(manifest.files)
    if path == SMALL_FILES:
        return tuple(file for file in wanted if not is_shard(file.path))
    found = tuple(file for file in wanted if file.path == path)
    if not found:
        message = f"the list of {manifest.repo} at {manifest.commit[:12]} has no {path}"
        raise Failure(message)
    return found


def _told(model: ModelSource, path: str, there: int, trouble: str) -> str:
    return Arrived(model.path, path, there, trouble=trouble).to_json()
