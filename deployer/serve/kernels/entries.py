"""The kernels in a folder: which are complete, and how they travel to another folder.

DeepGEMM keeps a kernel in a folder of its own below ``cache/``, its code for the GPU in
``kernel.cubin``, in one of two layouts:

* up to SGLang 0.5.19 ``kernel.NAME.HASH/``, which is taken if ``kernel.cu`` and ``kernel.cubin``
  exist, whatever is in them (DeepGEMM ``csrc/jit/compiler.hpp``, ``kernel_runtime.hpp``);
* from 0.5.20 ``NAME.HASH/``, which is taken if ``.committed`` exists (DeepJIT
  ``deep_jit/cache/disk.hpp``; sgl-deep-gemm 0.1.7 has the words of the first, 0.2.0 of this one).

Half a kernel under its final name is worse than none. In the first layout it is loaded, or ends
the engine with "Corrupted JIT cache directory" (measured with sgl-deep-gemm 0.1.5.post1 on an
H100). In the second it cannot be replaced by a whole one.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import Failure

FOLDER = "cache"
CUBIN = "kernel.cubin"
SOURCE = "kernel.cu"
COMMITTED = ".committed"
INCOMING = ".deployer/incoming"
"""Where kernels lie while they are copied: on the same file system, out of DeepGEMM's sight."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One complete kernel: the name of its folder and the bytes of its code for the GPU."""

    name: str
    size: int


def complete_entries(root: Path) -> tuple[Entry, ...]:
    """Give the complete kernels below ``root`` by name; none where there is no such folder."""
    try:
        names = sorted(each.name for each in (root / FOLDER).iterdir())
    except FileNotFoundError:
        return ()
    found = ((name, entry_size(root, name)) for name in names)
    return tuple(Entry(name, size) for name, size in found if size)


def entry_size(root: Path, name: str) -> int:
    """Give the bytes of a kernel's code for the GPU; 0 if it is not complete."""
    folder = root / FOLDER / name
    return _whole(name, lambda file: _bytes(folder / file))


def listed_size(sizes: Mapping[str, int], name: str) -> int:
    """Give the same of a kernel by the sizes of the files below the folder of all kernels."""
    return _whole(name, lambda file: sizes.get(f"{name}/{file}"))


def _whole(name: str, size: Callable[[str], int | None]) -> int:
    if name.startswith("kernel.") and name.count(".") > 1:
        whole = bool(size(SOURCE))
    else:
        whole = size(COMMITTED) is not None  # an empty file
    return (size(CUBIN) or 0) if whole else 0


def _bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


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
    aside.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source / FOLDER / name, aside, copy_function=shutil.copyfile)
    final = target / FOLDER / name
    final.parent.mkdir(exist_ok=True)
    with suppress(FileNotFoundError):  # what stands there is half a kernel
        final.rename(target / INCOMING / uuid.uuid4().hex)
    aside.rename(final)
