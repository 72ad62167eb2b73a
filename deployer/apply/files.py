"""Writes the files of the state folder, and says in clear words why one could not be written."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from deployer import files
from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PRIVATE_FILE = files.PRIVATE
PRIVATE_FOLDER = 0o700
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

OWN = "correct its owner and rights, or point XDG_STATE_HOME at a folder of yours"

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def state_home(environ: Mapping[str, str]) -> Path:
    """Give the folder of all that deployer remembers, by the XDG base directory specification.

    A relative ``XDG_STATE_HOME`` counts as unset, as the specification demands. Raises
    :class:`Failure` for another user's, as :func:`refuse_foreign` does.
    """
    chosen = Path(environ.get("XDG_STATE_HOME", ""))
    if not chosen.is_absolute():
        home = environ.get("HOME")
        chosen = (Path(home) if home else Path.home()) / ".local" / "state"
    folder = Path(os.path.realpath(chosen)) / "deployer"  # `resolve` raises for a loop
    refuse_foreign(folder)
    return folder


def refuse_foreign(folder: Path) -> None:
    """Raise :class:`Failure` for a folder that somebody else may have filled.

    What is read there says which processes are ended and where a key is sent, so it must be our
    own: not another user's, not a link to elsewhere, not writable for others. A folder that is not
    there is nobody's.
    """
    try:
        found = folder.lstat()
    except OSError:  # whoever uses it says what is wrong with it
        return
    hint = "look who made it; XDG_STATE_HOME names another place for the state"
    if stat.S_ISLNK(found.st_mode):
        message = f"the state in {folder} is not used: that is a symbolic link"
    elif found.st_uid != os.geteuid():
        message = (
            f"the state in {folder} is not used: it belongs to {_user(found.st_uid)}, "
            f"and this is {_user(os.geteuid())}"
        )
    elif found.st_mode & OTHERS_WRITE:
        message = f"the state in {folder} is not used: others than its owner may write there"
        hint = f"if nobody has touched it, `chmod go-w {folder}` mends that"
    else:
        return
    raise Failure(message, hint=hint)


def _user(number: int) -> str:
    with contextlib.suppress(KeyError):
        return f"the user {pwd.getpwuid(number).pw_name}"
    return f"the user with the number {number}"


@contextlib.contextmanager
def writing_in(folder: Path) -> Iterator[None]:
    """Turn an OSError of the block into a :class:`Failure` that names ``folder``."""
    try:
        yield
    except OSError as error:
        raise in_words(error, folder) from error


def in_words(error: OSError, folder: Path) -> Failure:
    """Say what an OSError means for someone whose state lives in ``folder``."""
    if error.errno in _NO_SPACE:
        return Failure(
            f"no space left on the disk that holds {folder}",
            hint="free some space there, or point XDG_STATE_HOME at a folder on another disk",
        )
    reason = (error.strerror or str(error)).lower()
    if error.errno in _NO_RIGHT:
        return Failure(
            f"{folder} cannot be written: {reason}",
            hint=OWN,
        )
    return Failure(f"{error.filename or folder}: {reason}")


def unread(error: OSError, path: Path) -> Failure:
    """Say that what is on record may be there, and cannot be read."""
    reason = (error.strerror or str(error)).lower()
    other = "look what lies there, or point XDG_STATE_HOME at another folder"
    hint = OWN if error.errno in _NO_RIGHT else other
    return Failure(f"{path} cannot be read: {reason}", hint=hint)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its missing parents, readable by their owner alone."""
    with writing_in(folder):
        for each in (*reversed(folder.parents), folder):
            if not each.is_dir():
                if each.exists():
                    raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(each))
                each.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        if folder.stat().st_mode & 0o777 != PRIVATE_FOLDER:
            folder.chmod(PRIVATE_FOLDER)


def write_whole(
    path: Path,
    text: str,
    *,
    write: Callable[[int, bytes], int] = os.write,
    lasting: bool = True,
) -> None:
    """Replace ``path`` with ``text``: a reader sees the old content or the new, never a part.

    The file is readable by its owner alone. What need not be ``lasting`` is held to a digest by
    whoever reads it (:func:`deployer.files.write_whole`). Raises :class:`Failure` where it cannot
    be written; the old content then stands.
    """
    with writing_in(path.parent):
        files.write_whole(path, text, mode=PRIVATE_FILE, write=write, lasting=lasting)
