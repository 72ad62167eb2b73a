"""How much faster a shared download is than one container, where each connection is bounded.

    python -m bench.fanout [--containers 4] [--connections 32]

Both fetch the same files from the tests' hub, one after the other, and the same bound holds for
every connection: so many bytes a second, as a CDN's edge has one. A container is a process here,
which runs the function that a container runs. `single` is what there was before: one container,
eight files at a time over one connection each, by our own ranges. `shared` is the default of today
on a volume of version 1: four containers with a shard each at a time, which 32 connections of
huggingface_hub fetch. Spans are smaller than the 64 MiB of a real download, as the shards are.

The start of a container is not counted: a call begins once all of them are there.

What it cannot tell: whether Modal's connections add up, and what several containers write.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from deployer.apply.hub import list_files
from deployer.release import ModelSource
from deployer.serve.weights.clients import LIBRARY, RANGES
from deployer.serve.weights.download import download
from deployer.serve.weights.manifest import Manifests
from deployer.serve.weights.pace import PACE
from deployer.serve.weights.share import SMALL_FILES, fetch_share
from tests.fakes.hub.model import model_files
from tests.fakes.hub.server import COMMIT, REPO, FakeHub, Fault

SHARDS = 16
SHARD = 1_500_000
STEP = 16_384
PAUSE = 1.0
"""Seconds before each step of a connection: 0.016 MB/s, so that this machine bounds nothing."""

SPAN = 49_152
"""Bytes: as many spans in a shard as there are connections, as 5.3 GB have spans of 64 MiB."""

BEFORE = 8
"""Connections of the single container, the default of then."""


def main() -> None:
    """Run both, and print what they took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--containers", type=int, default=4)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--part", choices=["single", "shared"])
    parser.add_argument("--folder")
    parser.add_argument("--shares")
    parser.add_argument("--list")
    options = parser.parse_args()
    if options.part:
        _contain(options)
        return
    hub = FakeHub(model_files(shards=SHARDS, size=SHARD))
    hub.step = STEP
    hub.faults = [Fault("body:*.safetensors", times=10**9, slow=PAUSE)]
    with hub.serving(), tempfile.TemporaryDirectory() as made:
        os.environ["HF_ENDPOINT"] = hub.endpoint
        single = _single(Path(made) / "single")
        listed = Path(made) / "list"
        listed.write_text(Manifests((list_files(REPO, COMMIT, os.environ),)).to_json())
        shared = _shared(hub, Path(made) / "shared", listed, options)
        alike = all(
            (Path(made) / kind / path).read_bytes() == hub.files[path]
            for kind in ("single", "shared")
            for path in hub.files
            if path.endswith(".safetensors")
        )
    size = sum(len(data) for path, data in hub.files.items() if path.endswith(".safetensors"))
    said = {
        "bytes": size,
        "a connection, MB/s": round(STEP / PAUSE / 1e6, 3),
        "single, s": round(single, 1),
        "shared, s": round(shared, 1),
        "times as fast": round(single / shared, 1),
        "same bytes": alike,
    }
    sys.stdout.write(json.dumps(said, indent=1) + "\n")


def _single(folder: Path) -> float:
    return _timed([_start("single", folder, [])])


def _shared(hub: FakeHub, folder: Path, listed: Path, options: argparse.Namespace) -> float:
    """Let containers take shares as they get free, then one prove the whole, as an apply does."""
    shards = sorted(path for path in hub.files if path.endswith(".safetensors"))
    waiting = [SMALL_FILES, *shards]
    dealt = [waiting[number :: options.containers] for number in range(options.containers)]
    more = ["--connections", str(options.connections), "--list", str(listed)]
    started = [_start("shared", folder, ["--shares", json.dumps(one), *more]) for one in dealt]
    took = _timed(started)
    return took + _timed([_start("single", folder, [])])


def _timed(started: list[subprocess.Popen[bytes]]) -> float:
    """Let containers begin once all of them are ready; gives the seconds until the last ends."""
    for process in started:
        assert process.stdout  # noqa: S101 - a pipe
        process.stdout.readline()
    began = time.monotonic()
    for process in started:
        assert process.stdin  # noqa: S101 - as above
        process.stdin.close()
    codes = [process.wait() for process in started]
    if any(codes):
        raise SystemExit(1)
    return time.monotonic() - began


def _start(part: str, folder: Path, more: list[str]) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "bench.fanout", "--part", part, "--folder", str(folder), *more]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _contain(options: argparse.Namespace) -> None:
    """Be a container."""
    if options.part == "shared":
        from deployer.serve.weights import library  # noqa: PLC0415 - what such a container imports

        del library
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    model = ModelSource("huggingface", REPO, "main", options.folder, "tiny", commit=COMMIT)
    if options.part == "single":
        pace = replace(PACE, workers=BEFORE, piece=STEP)
        download(model, commit=_nothing, tell=_nobody, pace=pace, client=RANGES)
        return
    listed = Manifests.from_json(Path(options.list).read_text(encoding="utf-8"))
    manifest = listed.of(REPO, COMMIT)
    if manifest is None:
        raise SystemExit(1)
    pace = replace(PACE, workers=options.connections, span=SPAN, piece=STEP)
    for path in json.loads(options.shares):
        fetch_share(
            model, path, manifest=manifest, commit=_nothing, tell=_nobody, pace=pace, client=LIBRARY
        )


def _nothing() -> None:
    """Stand for the commit of a volume."""


def _nobody(_: object) -> None:
    """Hear the events of a download."""


if __name__ == "__main__":
    main()
