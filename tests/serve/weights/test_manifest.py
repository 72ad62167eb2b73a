"""What the hub states, and that nothing else is believed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployer.errors import Failure
from deployer.serve.weights.manifest import HubFile, Manifest, read_listing
from deployer.serve.weights.needed import NEEDLESS, needed
from tests.fakes.hub.server import COMMIT, REPO, FakeHub, blob, sha256

if TYPE_CHECKING:
    from pathlib import Path

UNREADABLE = "the hub's list of the files of tiny/model cannot be read"


def listing(**changes: object) -> dict[str, Any]:
    entry: dict[str, object] = {"rfilename": "config.json", "size": 2, "blobId": blob(b"{}")}
    return {"sha": COMMIT, "siblings": [entry | changes]}


def test_a_manifest_is_the_same_in_whatever_order_the_hub_lists(hub: FakeHub) -> None:
    given: dict[str, Any] = hub.listing()
    first = read_listing(REPO, COMMIT, given)
    given["siblings"].reverse()
    assert read_listing(REPO, COMMIT, given) == first
    assert first.digest() == read_listing(REPO, COMMIT, given).digest()
    assert first.size() == sum(map(len, hub.files.values()))


def test_every_part_of_a_manifest_is_in_its_digest() -> None:
    file = HubFile("a", 1, "sha256", "0" * 64)
    base = Manifest("r", "c", (file,))
    others = [
        replace(base, repo="s"),
        replace(base, commit="d"),
        replace(base, files=()),
        replace(base, files=(replace(file, path="b"),)),
        replace(base, files=(replace(file, size=2),)),
        replace(base, files=(replace(file, algorithm="git-sha1"),)),
        replace(base, files=(replace(file, digest="1" * 64),)),
    ]
    assert len({manifest.digest() for manifest in (base, *others)}) == len(others) + 1


def test_a_file_is_proven_by_the_hash_that_the_hub_has_for_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"some bytes")
    data = path.read_bytes()
    assert HubFile("f", len(data), "sha256", sha256(data)).is_at(path)
    assert HubFile("f", len(data), "git-sha1", blob(data)).is_at(path)
    assert not HubFile("f", len(data), "sha256", sha256(b"others")).is_at(path)
    assert not HubFile("f", len(data) + 1, "git-sha1", blob(data)).is_at(path)


def test_gits_own_name_for_a_blob_is_the_one_that_is_computed() -> None:
    # printf 'what is up, doc?' | git hash-object --stdin, from git's own book.
    assert blob(b"what is up, doc?") == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"


@pytest.mark.parametrize(
    "path", ["../x", "/x", "a/../../x", "", ".deployer/complete.json", "a\\b", "a\0b", "."]
)
def test_a_path_out_of_the_folder_is_refused(path: str) -> None:
    with pytest.raises(Failure, match=UNREADABLE):
        read_listing(REPO, COMMIT, listing(rfilename=path))


@pytest.mark.parametrize(
    "changes",
    [{"size": None}, {"size": -1}, {"size": "2"}, {"blobId": None}, {"blobId": "x"},
     {"lfs": {"size": 2}}, {"lfs": {"sha256": "ab"}}, {"lfs": "x"}, {"rfilename": 1}],
    ids=str,
)  # fmt: skip
def test_a_file_without_size_or_hash_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Failure, match=UNREADABLE):
        read_listing(REPO, COMMIT, listing(**changes))


@pytest.mark.parametrize("answer", [None, [], {}, {"sha": COMMIT}, {"sha": COMMIT, "siblings": 1}])
def test_an_answer_that_is_no_list_is_refused(answer: object) -> None:
    with pytest.raises(Failure, match=UNREADABLE):
        read_listing(REPO, COMMIT, answer)


def test_what_serving_needs_is_all_but_what_is_known_to_be_needless() -> None:
    def kept(*paths: str) -> set[str]:
        files = tuple(HubFile(path, 1, "sha256", "0" * 64) for path in paths)
        return {file.path for file in needed(files)}

    wanted = (
        "config.json", "model-1-of-2.safetensors", "tokenizer.model", "tiktoken.model",
        "chat_template.jinja", "modeling_x.py", "LICENSE", "mtp/layer.safetensors", "vocab.txt",
    )  # fmt: skip
    unwanted = (
        "README.md", "original/x.safetensors", "consolidated.safetensors", "pytorch_model.bin",
        "x.gguf", "onnx/model.onnx", ".gitattributes", "figures/bench.png",
    )  # fmt: skip
    assert kept(*wanted, *unwanted) == set(wanted)
    assert kept("config.json", "pytorch_model.bin") == {"config.json", "pytorch_model.bin"}
    assert all(NEEDLESS.values())
