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
    content = text.encode("utf-8", errors="surrogateescape")
    try:
        if is_own(path):
            Path(path).write_bytes(content)
            return
        _refuse(path)
        write_whole(Path(path), content)
    except OSError as error:
        msg = f"{path} could not be written: {error.strerror or error}"
        folder = Path(path).parent
        hint = "What was there is as it was" if folder.is_dir() else f"Make {folder} first"
        raise Failure(msg, hint=hint) from error


def refuse_unwritable(path: str) -> None:
    """Raise as :func:`write_file` would, before what is to be written costs anything.

    Whether a disk is full is only seen when it is written.
    """
    folder = Path(path).parent
    try:
        if is_own(path):
            return
        _refuse(path)
        may = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        msg = f"{path} could not be written: {error.strerror or error}"
        raise Failure(msg, hint="Name another file") from error
    if not may:
        there = folder.is_dir()
        why = f"nothing may be written into {folder}" if there else f"there is no folder {folder}"
        msg = f"{path} could not be written: {why}"
        raise Failure(msg, hint="Name another file" if there else f"Make {folder} first")


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
