"""Hugging Face's own client against our hub: the hub that tests trust speaks as the true one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggingface_hub import HfApi, hf_hub_download

from deployer.serve.weights.manifest import GIT_SHA1, read_listing
from tests.fakes.hub.model import shard_name
from tests.fakes.hub.server import COMMIT, REPO, FakeHub

if TYPE_CHECKING:
    from pathlib import Path

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
