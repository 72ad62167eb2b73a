"""Where a verb writes: whole or not at all, and through no link."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from deployer.cli.links import LeadsAway, followed, is_own
from deployer.errors import Failure
from deployer.files import write_whole


def write_file(path: str, text: str) -> None:
    """Put a text in a file's place, with the permissions of the file that was there.

    A link in that place is refused, because whoever made it would choose what is overwritten; so
    is a folder above it that leads out of the repository by a link. Raises
    :class:`~deployer.cli.links.LeadsAway` for those, Failure where it cannot be written.
    """
    refuse_unwritable(path)
    content = text.encode("utf-8", errors="surrogateescape")
    try:
        if is_own(path):
            Path(path).write_bytes(content)
            return
        write_whole(Path(path), content)
    except OSError as error:
        there = "What was there is as it was" if os.path.lexists(path) else "Nothing was left there"
        raise _unwritten(path, error.strerror or str(error), there) from error


def refuse_unwritable(path: str) -> None:
    """Raise as :func:`write_file` would, before what is to be written costs anything.

    Whether a disk is full is only seen when it is written.
    """
    if not path:
        msg = "an empty word names no file, so nothing is written"
        raise LeadsAway(msg, hint="Name a file (is its variable empty?)")
    folder = Path(path).parent
    try:
        if is_own(path):
            return
        _refuse(path)
        may = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        raise _unwritten(path, error.strerror or str(error), "Name another file") from error
    if not folder.is_dir():
        raise _unwritten(path, f"there is no folder {folder}", f"Make {folder} first")
    if not may:
        raise _unwritten(path, f"nothing may be written into {folder}", "Name another file")


def _unwritten(path: str, why: str, hint: str) -> Failure:
    return Failure(f"{path} could not be written: {why}", hint=hint)


def _refuse(path: str) -> None:
    place = Path(path)
    with suppress(FileNotFoundError):
        mode = place.lstat().st_mode
        if stat.S_ISLNK(mode):
            msg = f"{path} is a link to {place.readlink()}, and nothing is written through a link"
            raise LeadsAway(msg, hint="Remove the link, or name the file that it leads to")
        if not stat.S_ISREG(mode):
            msg = f"{path} is no ordinary file, so nothing is written there"
            raise LeadsAway(msg, hint="Name another file")
    followed(path)
