"""What fetches: our own ranges, or huggingface_hub with ours behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.serve.weights.fetch import Fetcher
from deployer.serve.weights.record import Record
from deployer.serve.weights.ways import Ranges
from deployer.serve.weights.wide import Wide

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.serve.weights.hub import Hub
    from deployer.serve.weights.manifest import Manifest
    from deployer.serve.weights.pace import Gate, Pace
    from deployer.serve.weights.progress import Progress
    from deployer.serve.weights.ways import Way

RANGES, LIBRARY, XET = "ranges", "hub", "xet"
"""What fetches: our own ranges, huggingface_hub over HTTP, or huggingface_hub with hf_xet."""

LARGEST_OVER_HTTP = 50_000_000_000
"""Bytes from which on a file is served by Xet alone (huggingface_hub 2.4.0, ``constants.py``,
``MAX_HTTP_DOWNLOAD_SIZE``)."""


def fetcher(  # noqa: PLR0913 - keyword arguments, each a plain value
    hub: Hub,
    manifest: Manifest,
    folder: Path,
    progress: Progress,
    *,
    pace: Pace,
    gate: Gate,
    client: str,
    wide_from: int,
) -> Fetcher:
    """Make what fetches the files of a manifest.

    ``client`` fetches shards of ``wide_from`` bytes and more, over ``pace.workers`` connections
    each; any other file comes over one, by our own ranges.
    """
    way: Way = Ranges(hub, manifest, pace, gate)
    whole, whole_from = None, 0
    if client != RANGES:
        # Only the image of the download holds what this imports.
        from deployer.serve.weights.library import Library  # noqa: PLC0415

        library = Library(hub, manifest, way, progress, pace, gate)
        way, whole = library, library.by_xet
        whole_from = 0 if client == XET else LARGEST_OVER_HTTP
    wide = Wide(
        folder=folder,
        way=way,
        progress=progress,
        pace=pace,
        gate=gate,
        ticked=progress.tick,
        whole=whole,
        whole_from=whole_from,
    )
    return Fetcher(
        hub=hub,
        manifest=manifest,
        folder=folder,
        record=Record(folder),
        progress=progress,
        pace=pace,
        gate=gate,
        wide=wide.fetch,
        wide_from=wide_from,
    )
