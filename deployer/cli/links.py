"""Where a path of the command line really leads, and whether a link may lead there.

What lies in a repository was committed by others, and a shell has expanded a pattern before we see
it. So a link decides by where it lies, not by how it was named: inside a repository it leads to
that repository's own files or nowhere. Outside of one it is the user's own and is followed. Nothing
leads to a device, a pipe, or a file that the system makes up: `/proc/self/environ` holds secrets.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from deployer.errors import UsageError
from deployer.late import compile_pattern

MADE_UP = ("/proc/", "/sys/")
"""Where Linux shows its own state as files that look ordinary (proc(5), sysfs(5))."""

OWN = compile_pattern(r"/dev/(stdin|stdout|stderr|fd/\d+)")
"""Names of the command's own descriptors, as a shell gives them: `deployer diff <(...) x.yaml`."""


class LeadsAway(UsageError):
    """A path leads out of its repository, or to no ordinary file, so it is not read or written."""


def is_own(path: str) -> bool:
    """Whether a path names a descriptor that the command was started with."""
    return OWN.fullmatch(path) is not None


def open_ordinary(path: str) -> int:
    """Open an ordinary file for reading; gives its descriptor.

    Raises :class:`LeadsAway` for anything else, and ``OSError`` as ``open`` does.
    """
    if not path:
        msg = "an empty word names no file"
        raise LeadsAway(msg, hint="Give the path of an ordinary file (is its variable empty?)")
    if is_own(path):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    real = followed(path)
    with suppress(FileNotFoundError):
        _refuse_special(path, real.stat().st_mode)  # before opening: a device may act on that
    # Not blocking: a pipe that nobody writes to would be waited for.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    descriptor = os.open(real, flags)
    try:
        _refuse_special(path, os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def followed(path: str, within: Path | None = None) -> Path:
    """Give the file that a path leads to; raises :class:`LeadsAway` where a link must not.

    The file need not be there. ``within`` is the folder that is not to be left where there is no
    repository; without it the user's own links are followed anywhere.
    """
    real = Path(os.path.realpath(path))
    if str(real).startswith(MADE_UP):
        msg = f"{path} leads to {real}, which is no file on a disk"
        raise LeadsAway(msg, hint="Give the path of an ordinary file")
    repository = repository_of(path)
    root = repository or within
    if root is not None and not real.is_relative_to(os.path.realpath(root)):
        msg = f"{path} leads by a link out of {'the repository ' if repository else ''}{root}"
        raise LeadsAway(
            msg,
            hint="Links are followed inside of it only, because others may have made them. If you "
            f"mean that file, name it: {real}",
        )
    return real


def repository_of(path: str) -> Path | None:
    """Give the root of the git repository that a path lies in, by its name, or None.

    A folder below the root that is a link is not entered to look for another root: a link in a
    repository must not lead to where it would be allowed.
    """
    found: Path | None = None
    folder = _named(path)
    for each in (*reversed(folder.parents), folder):
        if found is not None and each.is_symlink():
            return found
        if os.path.lexists(each / ".git"):
            found = each
    return found


def _named(path: str) -> Path:
    """Give the folder that a path names, absolute; what it goes up from is followed first."""
    parts = Path(path).absolute().parent.parts
    if ".." not in parts:
        return Path(*parts)
    last = len(parts) - 1 - parts[::-1].index("..")
    return Path(os.path.realpath(Path(*parts[: last + 1])), *parts[last + 1 :])


def _refuse_special(path: str, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    kind = kinds.get(stat.S_IFMT(mode), "a device")
    msg = f"{path} is {kind}"
    raise LeadsAway(msg, hint="Give the path of an ordinary file")
