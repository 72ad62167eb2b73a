"""Whether the weights fit, as far as the file system can tell."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""How a disk, a quota or a limit says that nothing more fits (write(2))."""

HONEST = frozenset({"ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs"})
"""File systems whose free space is a fact. What a volume on a network states (Modal's: FUSE, or
9p inside its sandbox) may be that of another disk, and refusing for it would be wrong."""


def free(folder: Path) -> int | None:
    """Give the bytes that the file system says are free, None if it says nothing."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def doubt(folder: Path, needed: int, mounts: Iterable[str] | None = None) -> str:
    """Say before anything is fetched what makes one doubt that it fits, '' if nothing does.

    Raises :class:`Failure` where it cannot fit and the file system is one whose word counts.
    """
    have = free(folder)
    if have is None or have >= needed:
        return ""
    kind = _kind(folder.resolve(), _mounts() if mounts is None else mounts)
    if kind in HONEST:
        raise too_full(folder, needed)
    return (
        f"the file system ({kind}) states {amount(have)} free for {amount(needed)}; "
        "the word of such a volume is not relied upon"
    )


def too_full(folder: Path, needed: int) -> Failure:
    """Describe a full disk on which ``needed`` more bytes have to be."""
    have = free(folder) or 0
    missing = f"{amount(needed - have)} are missing"
    if have >= needed:
        missing = "so a quota or a limit on the size of a file stands in the way"
    return Failure(
        f"the disk under {folder} is full: {amount(needed)} are still to be written, "
        f"{amount(have)} are free, {missing}",
        hint="make room and start again: what is there already stays and is not fetched anew",
    )


def amount(size: float) -> str:
    """Write a number of bytes for people: powers of ten, as storage is sold."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size:.0f} bytes"


def _kind(folder: Path, mounts: Iterable[str]) -> str:
    """Give the type of the file system that a folder lies on, '' if unknown (proc(5), mounts)."""
    best, kind = -1, ""
    for line in mounts:
        _, point, found, *_ = line.split(" ")
        where = Path(point.encode().decode("unicode_escape"))
        if where in {folder, *folder.parents} and len(where.parts) >= best:
            best, kind = len(where.parts), found
    return kind


def _mounts() -> list[str]:
    try:
        return Path("/proc/self/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return []
