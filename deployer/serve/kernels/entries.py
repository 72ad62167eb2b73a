"""The kernels in a folder: which are complete, and how they travel to another folder.

DeepGEMM keeps a kernel in ``cache/kernel.NAME.HASH/`` as ``kernel.cu`` and ``kernel.cubin``, and
writes the latter last (``csrc/jit/compiler.hpp``). It takes a kernel whose two files exist,
whatever is in them, and newer releases end the engine at a folder that lacks one of them
(``csrc/jit/kernel_runtime.hpp``, ``check_validity``). So half a kernel must never get its name.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import Failure

FOLDER = "cache"
PREFIX = "kernel."
FILES = ("kernel.cu", "kernel.cubin")
INCOMING = ".deployer/incoming"
"""Where kernels lie while they are copied: on the same file system, out of DeepGEMM's sight."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One complete kernel: the name of its folder and the bytes of its two files together."""

    name: str
    size: int


def complete_entries(root: Path) -> tuple[Entry, ...]:
    """Give the complete kernels below ``root`` by name; none where there is no such folder."""
    try:
        names = sorted(each.name for each in (root / FOLDER).iterdir())
    except FileNotFoundError:
        return ()
    found = ((name, entry_size(root, name)) for name in names if name.startswith(PREFIX))
    return tuple(Entry(name, size) for name, size in found if size)


def entry_size(root: Path, name: str) -> int:
    """Give the bytes of a kernel's two files; 0 if one is missing or empty."""
    sizes = []
    for file in FILES:
        try:
            sizes.append((root / FOLDER / name / file).stat().st_size)
        except (FileNotFoundError, NotADirectoryError):
            return 0
    return sum(sizes) if all(sizes) else 0


def copy_entries(source: Path, target: Path, check: Callable[[], None]) -> tuple[Entry, ...]:
    """Copy what ``target`` lacks, each kernel whole or not at all; gives what was copied.

    A kernel that ``target`` has is left alone, half a one is replaced. One process at a time may
    write to ``target``. ``check`` is called before each kernel and may raise to end the copying.
    Raises :class:`Failure` when something cannot be read or written.
    """
    copied = []
    try:
        shutil.rmtree(target / INCOMING, ignore_errors=True)  # of a copy that was killed
        for entry in complete_entries(source):
            check()
            if not entry_size(target, entry.name):
                _copy(source, target, entry.name)
                copied.append(entry)
        shutil.rmtree(target / INCOMING, ignore_errors=True)
    except OSError as error:
        what = error.strerror or str(error)
        msg = f"the kernels cannot be copied from {source} to {target}: {what}"
        hint = f"{len(copied)} were copied whole; the next try goes on with the rest"
        raise Failure(msg, hint=hint) from error
    return tuple(copied)


def _copy(source: Path, target: Path, name: str) -> None:
    aside = target / INCOMING / uuid.uuid4().hex
    aside.mkdir(parents=True)
    for file in FILES:
        shutil.copyfile(source / FOLDER / name / file, aside / file)
    final = target / FOLDER / name
    final.parent.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):  # what stands there is half a kernel
        final.rename(target / INCOMING / uuid.uuid4().hex)
    aside.rename(final)
