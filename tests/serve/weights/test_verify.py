"""The cheap proof, on folders that look complete and are not."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployer.codec import encode
from deployer.serve.weights.marker import Complete
from deployer.serve.weights.verify import verify
from tests.fakes.hub.model import INDEX, shard_name
from tests.fakes.hub.server import COMMIT

if TYPE_CHECKING:
    from pathlib import Path

    from .living import Story

pytestmark = pytest.mark.process

SHARD = shard_name(1, 3)


@pytest.fixture
def done(story: Story) -> Story:
    story.download()
    return story


def test_nothing_is_wrong_with_what_is_complete(done: Story) -> None:
    assert verify(done.model) == ()
    assert verify(done.model, deep=True) == ()


def test_an_empty_folder_and_a_missing_one_are_not_complete(story: Story, tmp_path: Path) -> None:
    said = f"the download into {story.folder} has not been completed: there is no "
    said += ".deployer/complete.json"
    assert verify(story.model) == (said,)
    story.folder.mkdir(parents=True)
    assert verify(story.model) == (said,)
    (tmp_path / "file").touch()
    assert "not been completed" in verify(replace(story.model, path=str(tmp_path / "file")))[0]


def test_everything_without_the_marker_is_not_complete(done: Story) -> None:
    done.marker.unlink()
    assert len(verify(done.model)) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"repo": 1}', "\x00", "null"])
def test_a_marker_that_cannot_be_read_is_none(done: Story, text: str) -> None:
    done.marker.write_text(text)
    (said,) = verify(done.model)
    assert said.startswith(f"the marker {done.marker} cannot be read: ")


def test_a_marker_of_another_format_is_none(done: Story) -> None:
    marker = encode(Complete.from_json(done.marker.read_text()))
    done.marker.write_text(json.dumps(marker | {"format_version": 2}))
    assert "format 2 is not the 1 that this version" in verify(done.model)[0]


def test_the_marker_of_another_model_or_commit_is_none(done: Story) -> None:
    other = replace(done.model, repo="tiny/other", commit="a" * 40)
    assert verify(other) == (
        "the weights are those of tiny/model, not of tiny/other",
        f"the weights are of commit {COMMIT}, not {'a' * 40}",
    )


def test_a_marker_whose_list_was_changed_is_none(done: Story) -> None:
    marker = Complete.from_json(done.marker.read_text())
    done.marker.write_text(replace(marker, files=marker.files[1:]).to_json())
    assert verify(done.model) == ("the marker's list of files does not fit its own digest",)


def test_each_missing_or_short_file_is_named(done: Story) -> None:
    (done.folder / "config.json").unlink()
    (done.folder / SHARD).write_bytes(done.hub.files[SHARD][:100])
    size = len(done.hub.files[SHARD])
    assert verify(done.model) == (
        "config.json is missing",
        f"{SHARD} has 100 bytes where the hub states {size}",
    )


def test_a_folder_in_a_files_place_is_not_the_file(done: Story) -> None:
    (done.folder / SHARD).unlink()
    (done.folder / SHARD).mkdir()
    assert len(verify(done.model)) == 1


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"\xff" * 8, "its first 8 bytes are not the length of a safetensors header"),
        (b"\x10" + b"\0" * 7, "its safetensors header cannot be read"),
    ],
)
def test_a_broken_header_is_found_without_reading_the_file(
    done: Story, start: bytes, said: str
) -> None:
    (done.folder / SHARD).write_bytes(start + done.hub.files[SHARD][8:])
    assert verify(done.model) == (f"{SHARD}: {said}",)


def test_wrong_bytes_between_are_found_by_the_deep_proof_alone(done: Story) -> None:
    data = done.hub.files[SHARD]
    (done.folder / SHARD).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert verify(done.model) == ()
    assert verify(done.model, deep=True) == (f"{SHARD} does not have the hash that the hub states",)


def test_an_index_that_was_changed_to_name_another_shard_is_found(done: Story) -> None:
    absent = shard_name(9, 3)
    text = (done.folder / INDEX).read_text().replace(SHARD, absent)
    (done.folder / INDEX).write_text(text)
    assert verify(done.model) == (
        f"the index names {absent}, which tiny/model does not have at {COMMIT}",
    )


def test_a_file_that_may_not_be_read_is_named(done: Story) -> None:
    path = done.folder / SHARD
    path.unlink()
    path.symlink_to(path)
    assert verify(done.model) == (f"{SHARD} cannot be read: {os.strerror(40)}",)
