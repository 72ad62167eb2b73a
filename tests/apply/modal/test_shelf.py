"""The shelf that caches are kept on, through Modal's own client: who may write, and large files."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest
from modal_proto import api_pb2

from deployer.apply.modal.shelf import ModalShelf
from deployer.serve.caches.keep import LAPSE
from tests.apply.modal.conftest import World
from tests.fakes.modal.state import BLOCK_SIZE
from tests.fakes.modal.volumes import V1, V2

pytestmark = pytest.mark.process


def blocks(world: World) -> int:
    """Give how many blocks were put for volumes of version 2."""
    folder = world.plane.state.block("any").parent
    return len(list(folder.iterdir())) if folder.exists() else 0


@dataclass
class Clock:
    """What time it is in every container."""

    now: float = 1.8e9

    def __call__(self) -> float:
        return self.now


def test_a_claim_is_one_containers_and_a_dead_ones_lapses(world: World) -> None:
    del world
    clock = Clock()
    shelves = [ModalShelf("kernels", Path("/nowhere"), clock) for _ in range(4)]
    dead, waits, next_one, last = shelves
    assert dead.claim("list", LAPSE)
    assert dead.claim("another list", LAPSE)
    assert not waits.claim("list", LAPSE)
    clock.now += LAPSE - 1
    assert not waits.claim("list", LAPSE)

    clock.now += 1
    assert waits.claim("list", LAPSE)
    assert not next_one.claim("list", LAPSE), "the one that took over has just begun"
    waits.give_back("list")
    assert next_one.claim("list", LAPSE)
    dead.give_back("list")  # it was only slow
    assert not last.claim("list", LAPSE), "one that was slow made room for a second writer"
    next_one.give_back("list")
    assert last.claim("list", LAPSE)


@pytest.mark.parametrize("version", [V1, V2], ids=["version 1", "version 2"])
def test_what_is_too_large_for_an_rpc_is_put_whole(
    world: World, tmp_path: Path, version: api_pb2.VolumeFsVersion.ValueType
) -> None:
    world.plane.volume("kernels", version=version)
    shelf = ModalShelf("kernels", tmp_path / "mounted")
    files = {"large.tar": BLOCK_SIZE + 12_345, "small.tar": 10}
    for name, size in files.items():
        sizes = (min(BLOCK_SIZE, size - at) for at in range(0, size, BLOCK_SIZE))
        # Each block ends with zeros, as one of 256 does by chance.
        blocks_of = (secrets.token_bytes(one - 3) + bytes(3) for one in sizes)
        (tmp_path / name).write_bytes(b"".join(blocks_of))
    shelf.put([(tmp_path / name, f"caches/key/{name}") for name in files])
    beside = {V1: len(world.plane.requests("BlobCreate")), V2: blocks(world)}
    assert beside == {V1: {V1: 1, V2: 0}, V2: {V1: 0, V2: 3}}[version]
    assert sorted(shelf.names("caches/key")) == sorted(files)
    for name in files:
        assert shelf.read(f"caches/key/{name}") == (tmp_path / name).read_bytes()
    shelf.put([(tmp_path / "small.tar", "caches/key/large.tar")])  # the next one is another
    assert shelf.read("caches/key/large.tar") == (tmp_path / "small.tar").read_bytes()
    shelf.remove("caches/key/large.tar")
    assert shelf.read("caches/key/large.tar") is None
