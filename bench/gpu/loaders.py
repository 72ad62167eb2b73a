"""How fast the engine's own loaders read weights: from the disk, and from the page cache.

    PYTHON bench/gpu/loaders.py OUT FOLDER [--gib 12]

Runs in the engine's environment, as it calls the release's loaders itself (``weight_utils``).
FOLDER gets files of random weights, unless it has some. Each loader's tensors are copied to
the GPU where there is one. ``read-ahead`` is what our runtime could do: every file read once, in
parallel, before the loader. OUT gets ``loaders-ENGINE.json``.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import machine

FILE = 2 << 30
TENSOR = 64 << 20
BLOCK = 16 << 20
READERS = 8


def main() -> int:
    """Measure every loader that the release has; 1 when there is none."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    torch: Any = import_module("torch")
    weight_utils = import_module("sglang.srt.model_loader.weight_utils")

    files = sorted(map(str, options.folder.glob("*.safetensors"))) or _make(options, torch)
    result = {
        "question": "loaders", **machine.describe(sys.executable),
        "bytes": sum(Path(each).stat().st_size for each in files), "files": len(files), "rows": [],
    }  # fmt: skip
    path = options.out / f"loaders-{result['versions']['sglang']}.json"
    cuda = torch.cuda.is_available()
    for cold in (False, True):
        for name, load in _loaders(weight_utils, files).items():
            for ahead in (False, True) if cold else (False,):
                row = _row(name, load, files, torch if cuda else None, cold=cold, ahead=ahead)
                result["rows"].append(row)
                machine.write(path, result)
                print(json.dumps(row), flush=True)
    return int(not result["rows"])


def _loaders(module: Any, files: list[str]) -> dict[str, Callable[[], Iterable[Any]]]:
    """The release's iterators over safetensors, each with what it can be told."""
    one = module.safetensors_weights_iterator
    takes = inspect.signature(one).parameters
    found: dict[str, Callable[[], Iterable[Any]]] = {"mmap": lambda: one(files)}
    if "disable_mmap" in takes:
        found["no mmap"] = lambda: one(files, disable_mmap=True)
    if "prefetch" in takes:
        found["mmap, prefetch 8"] = lambda: one(files, prefetch=True, prefetch_num_threads=READERS)
    for name, label in (
        ("multi_thread_safetensors_weights_iterator", "8 threads"),
        ("buffered_multi_thread_safetensors_weights_iterator", "8 threads, buffered"),
    ):
        if each := getattr(module, name, None):
            found[label] = partial(each, files, READERS)
    fast = getattr(module, "fastsafetensors_weights_iterator", None)
    if fast and _has("fastsafetensors"):
        found["fastsafetensors"] = lambda: fast(files)
    return found


def _row(
    name: str, load: Callable[[], Iterable[Any]], files: list[str], torch: Any, *, cold: bool,
    ahead: bool,
) -> dict[str, Any]:  # fmt: skip
    if cold:
        _forget(files)
    began = time.perf_counter()
    readers = _read_ahead(files) if ahead else []
    size = 0
    try:
        for _, tensor in load():
            kept = tensor.cuda() if torch else tensor.clone()
            size += kept.numel() * kept.element_size()
            del kept
        if torch:
            torch.cuda.synchronize()
    except Exception as error:  # a loader that fails is a finding, not the end
        return {"loader": name, "cold": cold, "read_ahead": ahead, "error": repr(error)[:200]}
    seconds = time.perf_counter() - began
    for reader in readers:
        reader.join()
    return {
        "loader": name, "cold": cold, "read_ahead": ahead, "seconds": round(seconds, 2),
        "gb_per_s": round(size / 1e9 / seconds, 2),
    }  # fmt: skip


def _read_ahead(files: list[str]) -> list[threading.Thread]:
    """Start reading every file into the page cache, so many at a time."""
    todo = list(files)

    def read() -> None:
        while True:
            try:
                path = todo.pop(0)
            except IndexError:
                return
            with Path(path).open("rb", buffering=0) as file:
                buffer = bytearray(BLOCK)
                while file.readinto(buffer):
                    pass

    readers = [threading.Thread(target=read, daemon=True) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    return readers


def _forget(files: list[str]) -> None:
    """Drop the files from the page cache."""
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _make(options: argparse.Namespace, torch: Any) -> list[str]:
    save_file = import_module("safetensors.torch").save_file

    size = int(options.gib * 2**30)
    made: list[str] = []
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for index in range(max(1, size // FILE)):
        count = max(1, min(size, FILE) // TENSOR)
        tensors = {
            f"layers.{index}.{at}": torch.randn(TENSOR // 2, device=device).bfloat16().cpu()
            for at in range(count)
        }
        path = options.folder / f"model-{index:05}.safetensors"
        save_file(tensors, str(path))
        made.append(str(path))
    return made


def _has(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gib", type=float, default=12.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
