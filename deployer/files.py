"""Files that are there whole or not at all, and that no link leads astray.

A link that lies where a file is to be written is replaced and never written through: who can plant
a link must not choose what of somebody else's is overwritten.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRIVATE = 0o600
"""The permissions of a file for its owner alone."""

ORDINARY = 0o666
"""The permissions of any other file, less what the umask takes (open(2))."""

_NO_SUCH_THING = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})
"""How a file system says that it cannot sync (fsync(2)); a volume is committed in its own way."""


def is_there(path: Path) -> bool:
    """Whether something has this name. Raises ``OSError`` where we may not look: that is not no.

    ``Path.exists`` says no then from Python 3.14 on.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def may_be_there(path: Path | str) -> bool:
    """Whether something has this name, or we may not look: whoever reads it then is told why.

    A link is there wherever it leads. ``os.path.lexists`` says no where we may not look.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def write_whole(
    path: Path,
    content: str | bytes,
    *,
    mode: int | None = None,
    write: Callable[[int, bytes], int] = os.write,
    lasting: bool = True,
) -> None:
    """Put a file in place so that a reader sees the old content or the new, never a part.

    ``mode`` are its permissions, less what the umask takes; without it they stay those of the file
    that is replaced. What need not be ``lasting`` may be lost, or be half there, after the machine
    stops of a sudden: whoever reads it holds it to a digest. Raises ``OSError``; the old content
    then stands, and nothing is left beside it.
    """
    kept = _permissions(path) if mode is None else None
    draft = path.with_name(f".{os.urandom(8).hex()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, ORDINARY if mode is None else mode)
    try:
        try:
            if kept is not None:
                os.fchmod(descriptor, kept)
            rest = content.encode() if isinstance(content, str) else content
            while rest:
                rest = rest[write(descriptor, rest) :]
            if lasting:
                sync(descriptor)  # a full disk may be told of only here
        finally:
            os.close(descriptor)
        if lasting:
            move_whole(draft, path)
        else:
            draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def is_inside(path: str) -> bool:
    """Whether a path that others wrote stays within the folder that it is put into."""
    parts = PurePosixPath(path).parts
    odd = not parts or PurePosixPath(path).is_absolute() or "\0" in path or "\\" in path
    return not odd and ".." not in parts


def _permissions(path: Path) -> int | None:
    """Give the permissions of the file that is replaced, if there is one."""
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return None
    return stat.S_IMODE(found) if stat.S_ISREG(found) else None


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
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
