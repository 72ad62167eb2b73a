"""What fetches: our own ranges, or huggingface_hub with ours behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.serve.weights.fetch import Fetcher
from deployer.serve.weights.record import Record
from deployer.serve.weights.ways import Ranges
from deployer.serve.weights.whole import Whole
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


def fetcher(  # noqa: PLR0913 - keyword arguments, each a plain value
    hub: Hub,
    manifest: Manifest,
    folder: Path,
    progress: Progress,
    *,
    pace: Pace,
    gate: Gate,
    client: str,
    wide_above: int,
) -> Fetcher:
    """Make what fetches the files of a manifest.

    ``client`` fetches shards of more than ``wide_above`` bytes, over ``pace.workers`` connections
    each; any other file comes over one, by our own ranges. Shards come by Xet where the hub has
    them there, if the client is that, or if one answer cannot hold them and it is not our ranges.
    """
    way: Way = Ranges(hub, manifest, pace, gate)
    whole = None
    if client != RANGES:
        # Only the image of the download holds what this imports.
        from deployer.serve.weights.library import Library  # noqa: PLC0415

        library = Library(hub, manifest, way, progress, pace, gate)
        way = library
        whole = Whole(
            folder=folder,
            by_xet=library.by_xet,
            progress=progress,
            pace=pace,
            gate=gate,
            above=0 if client == XET else pace.one_answer,
        ).fetch
    wide = Wide(
        folder=folder,
        way=way,
        progress=progress,
        pace=pace,
        gate=gate,
        ticked=progress.tick,
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
        wide_above=wide_above,
        whole=whole,
    )
