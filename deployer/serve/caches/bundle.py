"""A cache as one file: written from what is whole, and taken apart only where it is sound.

It is tar's own format, without compression: a volume gives more than a gigabyte a second, and what
unpacks does so on GPUs that wait. Times are kept to the nanosecond, because FlashInfer's ninja
builds again what is older than its source.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from deployer.errors import Failure

LARGEST = 8 * 2**30
"""Bytes of one cache. Those that were measured have 1 to 14 MB (two layers of Qwen3-235B on an
H200, ``cold-real`` in ``bench/gpu/results/start-0.5.17.json``)."""

PIECE = 2**20

BITS = 0o755
"""What is kept of a file's permissions: nobody is given another's rights by a cache."""

PASSING = (".lock", ".tmp", ".pid", ".incomplete")
"""Ends of names of what is there only while something is compiled. A lock that is packed would be
waited for by who finds it (``torch.utils.cpp_extension``'s is a file called `lock`)."""

Listing = dict[str, tuple[int, int]]
"""Files by their path in a cache, each with its bytes and the time of its last change in ns."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that was written: its SHA-256, its bytes, and how many files it holds."""

    sha256: str
    size: int
    files: int


def listing(folder: Path, leave: Iterable[str] = ()) -> Listing:
    """Give the files of a cache that may be kept; none where there is no such folder.

    Links and everything else that is no plain file are left, as are the folders named in ``leave``.
    """
    left = frozenset(leave)
    found: Listing = {}
    for root, folders, files in os.walk(folder):
        here = Path(root)
        if here == folder:
            folders[:] = [each for each in folders if each not in left]
        for name in files:
            if name == "lock" or name.endswith(PASSING) or name.startswith(("tmp", ".nfs")):
                continue
            try:
                told = (here / name).lstat()
            except OSError:
                continue  # it went away meanwhile
            if stat.S_ISREG(told.st_mode):
                path = (here / name).relative_to(folder).as_posix()
                found[path] = (told.st_size, told.st_mtime_ns)
    return found


def pack(folder: Path, files: Mapping[str, tuple[int, int]], target: Path) -> Packed:
    """Write files of a cache into one file; raises :class:`Failure` where one changed meanwhile."""
    if sum(size for size, _ in files.values()) > LARGEST:
        msg = f"it holds more than {LARGEST // 2**30} GiB"
        raise Failure(msg)
    try:
        with tarfile.open(target, "x", format=tarfile.PAX_FORMAT) as bundle:
            for path, seen in sorted(files.items()):
                _add(bundle, folder, path, seen)
        return Packed(_sha256(target), target.stat().st_size, len(files))
    except (OSError, tarfile.TarError) as error:
        msg = f"it cannot be packed: {error}"
        raise Failure(msg) from error


def unpack(source: Path, sha256: str, folder: Path) -> int:
    """Put the files of a packed cache into ``folder``; gives how many there are in it.

    All of it is looked at before any file is in its place, and a file that is there already stays.
    Raises :class:`Failure`, with nothing put in place, where the file is torn, is not the one with
    that hash, or holds anything but plain files below the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".deployer-", dir=folder) as made:
            copy, out = Path(made) / "bundle", Path(made) / "out"
            shutil.copyfile(source, copy)
            if _sha256(copy) != sha256:
                msg = "it is torn, or another file: its hash is not the one that was written down"
                raise Failure(msg)
            with tarfile.open(copy, "r:") as bundle:
                members = [_sound(each) for each in bundle]
                for member in members:
                    _write(bundle, member, out)
            for member in members:
                _place(out / member.name, folder / member.name)
        return len(members)
    except (OSError, tarfile.TarError, ValueError) as error:
        msg = f"it cannot be unpacked: {error}"
        raise Failure(msg) from error


def _add(bundle: tarfile.TarFile, folder: Path, path: str, seen: tuple[int, int]) -> None:
    with _opened(folder / path) as file:
        told = os.fstat(file.fileno())
        if (told.st_size, told.st_mtime_ns) != seen:
            msg = f"{path} has changed"
            raise OSError(msg)
        member = tarfile.TarInfo(path)
        member.size, member.mode = told.st_size, told.st_mode & BITS
        seconds, rest = divmod(told.st_mtime_ns, 10**9)
        member.mtime, member.pax_headers = seconds, {"mtime": f"{seconds}.{rest:09d}"}
        bundle.addfile(member, file)
        if os.fstat(file.fileno()).st_mtime_ns != seen[1]:
            msg = f"{path} is being written"
            raise OSError(msg)


def _opened(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")


def _sound(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Give a member back that is a plain file below the folder; Failure for any other."""
    path = PurePosixPath(member.name)
    inside = member.name and path.as_posix() == member.name and not path.is_absolute()
    plain = member.type == tarfile.REGTYPE and not member.issparse()
    if not plain or not inside or ".." in path.parts or "\0" in member.name:
        msg = f"it holds {member.name!r}, which is no plain file below the cache's folder"
        raise Failure(msg)
    return member


def _write(bundle: tarfile.TarFile, member: tarfile.TarInfo, out: Path) -> None:
    content = bundle.extractfile(member)
    target = out / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(target, flags, member.mode & BITS), "wb") as file:
        if content is not None:
            shutil.copyfileobj(content, file, PIECE)
    when = _nanoseconds(member)
    os.utime(target, ns=(when, when))


def _nanoseconds(member: tarfile.TarInfo) -> int:
    seconds, _, rest = member.pax_headers.get("mtime", str(int(member.mtime))).partition(".")
    return int(seconds) * 10**9 + int(f"{rest:0<9}"[:9])


def _place(source: Path, target: Path) -> None:
    if not os.path.lexists(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
