"""Within new namespaces: hide folders, make the rest read-only, and become a program. A script.

Run as ``python -I -S jail_inside.py SPEC`` by :mod:`deployer.engine.jail` under ``unshare``. SPEC
is JSON: ``hidden`` folders get an empty one in their place, ``kept`` stay readable also below
those, ``writable`` is the one folder to write to, ``command`` what is run in the end, without any
capability. Standard library only, and nothing imported late: this Python's own files may be hidden
by then. What cannot be done ends it with status 97.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

FAILED = 97
"""The exit status of a jail that could not be built; programs seldom end with it."""

# mount(2), <sys/mount.h>
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC = 1, 2, 4, 8, 32, 4096, 16384
_NOATIME, _NODIRATIME, _RELATIME, _PRIVATE = 1024, 2048, 1 << 21, 1 << 18
_FLAGS = {
    "nosuid": _NOSUID, "nodev": _NODEV, "noexec": _NOEXEC, "noatime": _NOATIME,
    "nodiratime": _NODIRATIME, "relatime": _RELATIME, "ro": _RDONLY,
}  # fmt: skip
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a mount point: Python's locks are made there

_OCTAL = re.compile(r"\\([0-7]{3})")  # how mountinfo writes a space, and a backslash

_libc = ctypes.CDLL(None, use_errno=True)


def main(path: str) -> None:
    """Build the jail that a specification asks for, and run its command in it."""
    spec = json.loads(Path(path).read_text("utf-8"))
    try:
        _build(spec["hidden"], spec["kept"], spec["writable"])
    except OSError as error:
        sys.stderr.write(f"no jail: {error}\n")
        sys.exit(FAILED)
    os.chdir(spec["writable"])
    # A user namespace of its own, of which nobody is root: nothing can be mounted again.
    words = ["unshare", "--user", "--", *spec["command"]]
    os.execvp(words[0], words)  # noqa: S606 - no shell


def _build(hidden: list[str], kept: list[str], writable: str) -> None:
    _mount(None, "/", _REC | _PRIVATE)
    held = {name: os.open(name, os.O_PATH | os.O_DIRECTORY) for name in (*kept, writable)}
    for name in hidden:
        if Path(name).is_dir():
            _mount("tmpfs", name, _NOSUID | _NODEV, kind="tmpfs")
    for name, descriptor in held.items():
        if name == writable or any(Path(name).is_relative_to(each) for each in hidden):
            Path(name).mkdir(parents=True, exist_ok=True)
            _mount(f"/proc/self/fd/{descriptor}", name, _BIND | _REC)
        os.close(descriptor)
    if Path(_SHARED_MEMORY).is_dir():
        _mount("tmpfs", _SHARED_MEMORY, _NOSUID | _NODEV, kind="tmpfs")
    with suppress(OSError):  # within some containers: then the processes outside can be seen
        _mount("proc", "/proc", _NOSUID | _NODEV | _NOEXEC, kind="proc")
    for point, flags in _mounts():
        if point not in {writable, _SHARED_MEMORY}:
            _read_only(point, flags)


def _mounts() -> list[tuple[str, int]]:
    """Give every mount point and its flags (proc(5), ``mountinfo``)."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        fields = line.split(" ")
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4])
        found.append((point, sum(_FLAGS.get(each, 0) for each in fields[5].split(","))))
    return found


def _read_only(point: str, flags: int) -> None:
    try:
        _mount(None, point, _REMOUNT | _BIND | _RDONLY | flags)
    except OSError:
        if os.access(point, os.W_OK) and not point.startswith(("/proc", "/sys", "/dev")):
            raise


def _mount(source: str | None, target: str, flags: int, kind: str | None = None) -> None:
    words = [None if word is None else word.encode() for word in (source, target, kind)]
    if _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


if __name__ == "__main__":
    main(sys.argv[1])
