"""Is the cache of kernels complete for a release? Asked with a few reads, no GPU and no engine."""

from __future__ import annotations

from pathlib import Path

from deployer.behaviour.kernel_key import KernelKey, key_of
from deployer.codec import DecodeError
from deployer.release import Release
from deployer.serve.kernels.entries import complete_entries
from deployer.serve.kernels.marker import Marker, Version, marker_path, read_marker, read_markers

NAMED = 3
"""How many of the missing kernels are named; the rest are counted."""


def verify(release: Release, cache: Path, versions: tuple[Version, ...] = ()) -> tuple[str, ...]:
    """Say what the cache lacks for ``release``; nothing if it is complete.

    Proven are the marker of the release's key and that every kernel it lists is there with the
    size that it had. ``versions`` are those of the container that asks, if it has the engine: an
    image can change behind its tag.
    """
    key = key_of(release)
    try:
        marker = read_marker(cache, key)
        if marker is None:
            return (_no_marker(cache, key),)
        return (*_other_versions(marker, versions), *_missing(marker, cache))
    except DecodeError as error:
        return (f"the marker {marker_path(key)} is not to be trusted: {error}",)
    except OSError as error:
        return (f"the kernel cache {cache} cannot be read: {error.strerror}",)


def _no_marker(cache: Path, key: KernelKey) -> str:
    """Say that there is none, and what the nearest one differs in."""
    changes = [marker.key.differences(key) for marker in read_markers(cache)]
    if not changes:
        return "no kernels have been compiled on this volume"
    nearest = min(changes, key=len)
    return f"none have been compiled for this release: {'; '.join(nearest)}"


def _other_versions(marker: Marker, versions: tuple[Version, ...]) -> tuple[str, ...]:
    """Compare the versions of what both sides know."""
    then = {each.name: each.version for each in marker.versions}
    return tuple(
        f"{each.name} in the image is {each.version}, the kernels are of {then[each.name]}"
        for each in versions
        if then.get(each.name, each.version) != each.version
    )


def _missing(marker: Marker, cache: Path) -> tuple[str, ...]:
    if not marker.entries:
        return ()
    there = set(complete_entries(cache))
    gone = [each.name for each in marker.entries if each not in there]
    if not gone:
        return ()
    names = ", ".join(gone[:NAMED]) + (", ..." if len(gone) > NAMED else "")
    count = f"{len(gone)} of {len(marker.entries)} kernels"
    return (f"{count} are gone or have another size: {names}",)
