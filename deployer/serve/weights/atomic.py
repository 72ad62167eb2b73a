"""Files that are there whole or not at all, whatever ends the process."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NO_SUCH_THING = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})
"""How a file system says that it cannot sync (fsync(2)); a volume is committed in its own way."""


def write_whole(path: Path, text: str) -> None:
    """Write a small text file so that a reader sees the old one or the new. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        sync(file.fileno())
    move_whole(new, path)


def move_whole(source: Path, target: Path) -> None:
    """Put a file, synced already, in the place of another, and make that last."""
    source.replace(target)
    # Not every file system syncs a folder; the rename itself is atomic on all of them.
    with suppress(OSError):
        _sync_folder(target.parent)


def sync(descriptor: int) -> None:
    """Let a file's bytes reach the disk. Raises ``OSError`` if they cannot."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_THING:
            raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
