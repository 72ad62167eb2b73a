"""How fast the engine's own loaders read weights: from the disk, and from the page cache.

    PYTHON bench/gpu/loaders.py OUT FOLDER [--ranks 1,2] [--shape SHAPE] [--layers N] [--only NAMES]

Runs in the engine's environment, as it calls the release's loaders itself (``weight_utils``).
FOLDER gets a checkpoint of the shape (``weights.py``), unless it has one. Each rank is a process
with a GPU of its own, where there are any: it takes its part of every tensor, as tensor parallelism
does. ``read-ahead`` is what our runtime could do: every file read once, in parallel, beside the
loader. GB/s are those of the files: all of them, over the seconds of the slowest rank. OUT gets
``loaders-ENGINE.json``.
"""

from __future__ import annotations

import argparse
import inspect
import json
import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import machine
import weights
from options import refuse
from shapes import config

BLOCK = 16 << 20
READERS = 8
PATIENCE = 120.0
"""Seconds that a rank may take for one loader, and to come up."""


def main() -> int:
    """Measure every loader that the release has; 1 when one failed or none is there."""
    options = _options()
    about = machine.with_engine(sys.executable)
    options.out.mkdir(parents=True, exist_ok=True)
    if options.layers:
        weights.make(config(options.shape, options.layers), options.folder)
    files = sorted(map(str, options.folder.glob("*.safetensors")))
    if not files:
        refuse(f"{options.folder} has no *.safetensors; without `--layers 0` they are made")
    only = set(options.only.split(";")) if options.only else None
    result = {
        "question": "loaders", **about,
        "bytes": sum(Path(each).stat().st_size for each in files), "files": len(files), "rows": [],
    }  # fmt: skip
    path = options.out / f"loaders-{result['versions']['sglang']}{options.suffix}.json"
    for ranks in map(int, options.ranks.split(",")):
        group = Ranks(ranks, files)
        try:
            if unknown := sorted((only or set()) - set(group.names)):
                refuse(f"--only: no loader is {', '.join(unknown)}; there are {group.names}")
            for name in filter(lambda each: only is None or each in only, group.names):
                for cold, ahead in ((False, False), (True, False), (True, True)):
                    row = {
                        "loader": name, "ranks": ranks, "cold": cold, "read_ahead": ahead,
                        **group.load(name, result["bytes"], cold=cold, ahead=ahead),
                    }  # fmt: skip
                    result["rows"].append(row)
                    machine.write(path, result)
                    print(json.dumps(row), flush=True)
                    if "error" in row:
                        break  # it fails as well with other caches
        finally:
            group.end()
    return int(not result["rows"] or any("error" in row for row in result["rows"]))


class Ranks:
    """The processes that load together."""

    def __init__(self, count: int, files: list[str]) -> None:
        self._files = files
        spawn = multiprocessing.get_context("spawn")
        port = _free_port()
        self._pipes: list[Connection] = []
        self._processes = []
        for rank in range(count):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=_rank, args=(rank, count, port, files, theirs))
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        told = self._hear()
        if failed := [each for each in told if isinstance(each, str)]:
            self.end()
            sys.exit(f"error: no loader can be asked: {failed[0]}; what it died of stands above")
        self.names: list[str] = told[0]

    def load(self, name: str, size: int, *, cold: bool, ahead: bool) -> dict[str, Any]:
        """Load all once; gives seconds and GB/s, or why that failed."""
        if cold:
            forget(self._files)
        began = time.perf_counter()
        readers = _read_ahead(self._files) if ahead else []
        for pipe in self._pipes:
            pipe.send(name)
        told = self._hear()
        seconds = time.perf_counter() - began
        for reader in readers:
            reader.join()
        if failed := [each for each in told if isinstance(each, str)]:
            return {"error": failed[0]}
        return {"seconds": round(seconds, 2), "gb_per_s": round(size / 1e9 / seconds, 2)}

    def end(self) -> None:
        """End every rank."""
        for process in self._processes:
            process.kill()
            process.join()

    def _hear(self) -> list[Any]:
        told: list[Any] = []
        for pipe in self._pipes:
            if not pipe.poll(PATIENCE):
                told.append(f"a rank said nothing for {PATIENCE:g} s")
                continue
            try:
                told.append(pipe.recv())
            except EOFError:
                told.append("a rank has ended")
        return told


def _rank(rank: int, count: int, port: int, files: list[str], pipe: Connection) -> None:
    """Be one rank: load by the loader that is named, as often as one is."""
    torch: Any = import_module("torch")
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(rank)
        torch.zeros(1, device="cuda")
    if count > 1:
        _join(torch, rank, count, f"tcp://127.0.0.1:{port}", "nccl" if cuda else "gloo")
    module = import_module("sglang.srt.model_loader.weight_utils")
    known = loaders(module, files, ranks=count, cuda=cuda)
    pipe.send(list(known))
    while True:
        try:
            name = pipe.recv()
        except EOFError:
            return
        try:
            for _, tensor in known[name]():
                if cuda:
                    _part(tensor, rank, count).cuda()
                else:
                    _part(tensor, rank, count).clone()
            if cuda:
                torch.cuda.synchronize()
        except Exception as error:  # a loader that fails is a finding, not the end
            pipe.send(repr(error)[:200])
        else:
            pipe.send(0)


def _join(torch: Any, rank: int, count: int, at: str, kind: str) -> None:
    """Make the ranks know each other as the engine does: its prefetch divides files by rank."""
    try:
        state = import_module("sglang.srt.distributed.parallel_state")
        state.init_distributed_environment(count, rank, at, rank, kind)
    except Exception as error:
        if torch.distributed.is_initialized():
            return
        print(f"rank {rank}: {error!r}"[:300], flush=True)
        torch.distributed.init_process_group(kind, init_method=at, rank=rank, world_size=count)


def _part(tensor: Any, rank: int, count: int) -> Any:
    """Give the rows of a rank; a tensor that cannot be divided is everybody's."""
    if count == 1 or tensor.dim() <= 1 or tensor.shape[0] % count:
        return tensor
    return tensor.chunk(count)[rank].contiguous()


def loaders(
    module: Any, files: list[str], *, ranks: int, cuda: bool
) -> dict[str, Callable[[], Iterable[Any]]]:
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
    if fast and find_spec("fastsafetensors") and cuda:
        found["fastsafetensors, no GDS"] = lambda: fast(files, enable_gds=False)
        found["fastsafetensors, GDS"] = lambda: fast(files, enable_gds=True)
    stream = getattr(module, "runai_safetensors_weights_iterator", None)
    if stream and find_spec("runai_model_streamer"):
        found["runai streamer"] = lambda: stream(files)
        if ranks > 1 and cuda:
            found["runai streamer, distributed"] = lambda: stream(
                files, is_distributed=True, device="cuda"
            )
    return found


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


def forget(files: list[str]) -> None:
    """Drop the files from the page cache."""
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ranks", default="1", help="numbers of ranks, with commas between them")
    parser.add_argument("--shape", default="qwen3-32b")
    parser.add_argument("--layers", type=int, default=6, help="0: FOLDER has what is to be read")
    parser.add_argument("--only", default="", help="names of loaders, with semicolons between")
    parser.add_argument("--suffix", default="", help="the end of the result's name")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
