"""Hugging Face's own client against our hub: the hub that tests trust speaks as the true one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, hf_hub_download

from deployer.serve.weights.manifest import GIT_SHA1, read_listing
from tests.fakes.hub import xet
from tests.fakes.hub.model import shard_name
from tests.fakes.hub.server import CHUNKS, COMMIT, REPO, FakeHub, Fault

pytestmark = pytest.mark.process

TOKEN = "hf_of_the_true_client"


def test_the_true_client_lists_what_the_manifest_lists(hub: FakeHub) -> None:
    hub.token = TOKEN
    info = HfApi(endpoint=hub.endpoint, token=TOKEN).model_info(
        REPO, revision=COMMIT, files_metadata=True
    )
    theirs = {
        (each.rfilename, each.size, each.lfs.sha256 if each.lfs else each.blob_id)
        for each in info.siblings or ()
    }
    ours = read_listing(REPO, COMMIT, hub.listing())
    assert {(file.path, file.size, file.digest) for file in ours.files} == theirs
    assert {file.algorithm for file in ours.files} == {GIT_SHA1, "sha256"}


def test_the_true_client_downloads_large_files_and_small(hub: FakeHub, tmp_path: Path) -> None:
    hub.token = TOKEN
    for path in (shard_name(1, 3), "config.json"):
        found = hf_hub_download(
            REPO, path, revision=COMMIT, local_dir=tmp_path, endpoint=hub.endpoint, token=TOKEN
        )
        with open(found, "rb") as file:  # noqa: PTH123 - it gives a text
            assert file.read() == hub.files[path]
    assert {call.authorization for call in hub.calls if call.server == "storage"} == {""}


@pytest.mark.parametrize("versions", [{1, 2}, {1}], ids=["version 2", "version 1"])
def test_the_true_client_downloads_by_xet(hub: FakeHub, tmp_path: Path, versions: set[int]) -> None:
    hub.token, hub.xet = TOKEN, xet.Storage(versions)
    path = shard_name(1, 3)
    found = hf_hub_download(
        REPO, path, revision=COMMIT, local_dir=tmp_path, endpoint=hub.endpoint, token=TOKEN
    )
    assert Path(found).read_bytes() == hub.files[path]
    given = {call.authorization for call in hub.calls if call.server == "xet"}
    assert given == {"", f"Bearer {xet.TOKEN}"}
    assert not any(call.server == "storage" for call in hub.calls)


def test_the_true_client_compares_no_hash_of_what_comes_by_xet(
    hub: FakeHub, tmp_path: Path
) -> None:
    hub.token, hub.xet = TOKEN, xet.Storage()
    path = shard_name(1, 3)
    hub.faults.append(Fault(f"body:{CHUNKS}/{path}/0", flip=True))
    found = hf_hub_download(
        REPO, path, revision=COMMIT, local_dir=tmp_path, endpoint=hub.endpoint, token=TOKEN
    )
    assert Path(found).read_bytes() != hub.files[path]


@pytest.mark.parametrize(("start", "end"), [(0, 1), (32_767, 32_769), (70_000, 190_001)])
@pytest.mark.parametrize("version", [1, 2])
def test_a_part_of_a_file_is_made_of_the_chunks_that_it_is_told_of(
    hub: FakeHub, start: int, end: int, version: int
) -> None:
    kept = xet.stored(hub.files[shard_name(1, 3)])
    plan: Any = kept.reconstruction(start, end, "there", version)
    xorbs = {xorb.name: xorb for xorb in kept.xorbs}
    made = b""
    for term in plan["terms"]:
        (where,) = plan["fetch_info" if version == 1 else "xorbs"][term["hash"]]
        inside = where["url_range"] if version == 1 else where["ranges"][0]["bytes"]
        data = xorbs[term["hash"]].data[inside["start"] : inside["end"] + 1]
        while data:
            size = int.from_bytes(data[1:4], "little")
            made, data = made + data[8 : 8 + size], data[8 + size :]
    skipped = plan["offset_into_first_range"]
    assert made[skipped : skipped + end - start] == hub.files[shard_name(1, 3)][start:end]
