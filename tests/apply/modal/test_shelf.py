"""The shelf that caches are kept on, through Modal's own client: who may write, and large files."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployer.apply.modal.shelf import ModalShelf
from deployer.serve.caches.keep import LAPSE
from tests.apply.modal.conftest import World

pytestmark = pytest.mark.process

RPC_BYTES = 4 << 20
"""From how many bytes on Modal's client sends a file beside its RPCs (modal 1.6.4,
``_utils/blob_utils.py``, ``LARGE_FILE_LIMIT``)."""


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


def test_what_is_too_large_for_an_rpc_is_put_whole(world: World, tmp_path: Path) -> None:
    world.plane.volume("kernels")
    shelf = ModalShelf("kernels", tmp_path / "mounted")
    files = {"large.tar": RPC_BYTES + 12_345, "small.tar": 10}
    for name, size in files.items():
        (tmp_path / name).write_bytes(secrets.token_bytes(size))
    shelf.put([(tmp_path / name, f"caches/key/{name}") for name in files])
    assert len(world.plane.requests("BlobCreate")) == 1
    assert sorted(shelf.names("caches/key")) == sorted(files)
    for name in files:
        assert shelf.read(f"caches/key/{name}") == (tmp_path / name).read_bytes()
    shelf.put([(tmp_path / "small.tar", "caches/key/large.tar")])  # the next one is another
    assert shelf.read("caches/key/large.tar") == (tmp_path / "small.tar").read_bytes()
    shelf.remove("caches/key/large.tar")
    assert shelf.read("caches/key/large.tar") is None
