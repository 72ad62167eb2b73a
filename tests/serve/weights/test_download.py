"""From an empty folder to a marked one, and what a second download has to do."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployer.errors import Failure
from deployer.serve.weights.lock import alone
from deployer.serve.weights.manifest import HubFile
from deployer.serve.weights.marker import Complete
from deployer.serve.weights.verify import verify
from tests.fakes.hub.model import INDEX, model_files, safetensors, shard_name
from tests.fakes.hub.server import COMMIT, REPO, FakeHub, Fault

from .living import CANARY, FAST, Story

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.process

SHARD = shard_name(2, 3)


def test_a_download_ends_complete_and_marked(story: Story) -> None:
    found = story.download()
    story.assert_complete()
    assert Complete.from_json(story.marker.read_text()) == found
    assert (found.repo, found.commit) == (REPO, COMMIT)
    assert {file.path for file in found.files} == story.wanted()
    assert found.bytes == sum(len(story.hub.files[path]) for path in story.wanted())
    assert [event.state for event in story.events] == ["started", "done"]
    assert {event.phase for event in story.events} == {"weights"}


def test_as_many_files_are_fetched_together_as_there_are_connections(tmp_path: Path) -> None:
    """Each waits until all of them have begun: with one connection fewer nothing would arrive."""
    with FakeHub(model_files(shards=32)).serving() as hub:
        hub.together = threading.Barrier(32)
        story = Story(hub, tmp_path / "tiny", pace=replace(FAST, workers=32))
        story.download()
        story.assert_complete()
        assert not hub.together.broken


def test_the_volume_is_committed_before_the_marker_and_after(story: Story) -> None:
    story.download()
    assert story.marked == [False, True]


def refuse() -> None:
    message = "the volume is gone"
    raise RuntimeError(message)


def test_the_marker_is_not_written_if_the_commit_of_the_files_fails(story: Story) -> None:
    story.commit = refuse
    with pytest.raises(Failure, match="the volume could not be committed: RuntimeError") as found:
        story.download()
    assert "the volume is gone" in found.value.hint
    assert story.events[-1].state == "failed"
    assert not story.marker.exists()
    assert len(verify(story.model)) == 1


def test_a_commit_in_between_may_fail(story: Story) -> None:
    tried: list[int] = []

    def commit() -> None:
        tried.append(len(tried))
        if len(tried) == 1:
            refuse()

    story.commit = commit
    story.pace = replace(story.pace, commit_bytes=1, tick=0.001)
    story.download()
    story.assert_complete()
    assert len(tried) > 2


def test_what_is_complete_is_not_asked_for_again(story: Story) -> None:
    first = story.download()
    story.hub.calls.clear()
    assert story.download() == first
    assert story.hub.calls == []
    assert story.events[-1].message.startswith("complete already")
    assert story.marked == [False, True]


def test_what_serving_does_not_need_stays_on_the_hub(story: Story) -> None:
    story.download()
    left = {"README.md", "original/consolidated.00.pth", "model-q4.gguf"}
    assert left.isdisjoint(story.hub.fetched())
    assert not any((story.folder / path).exists() for path in left)


def test_files_in_folders_and_files_without_a_byte_are_files_too(story: Story) -> None:
    story.hub.files |= {
        "mtp/deep/layer.safetensors": safetensors({"a": b"x" * 20_000}),
        "code/__init__.py": b"",
    }
    found = story.download()
    story.assert_complete()
    assert {"mtp/deep/layer.safetensors", "code/__init__.py"} < {f.path for f in found.files}


def test_files_of_something_else_do_no_harm(story: Story) -> None:
    story.folder.mkdir(parents=True)
    (story.folder / "model-00009-of-00009.safetensors").write_bytes(b"stale")
    story.download()
    story.assert_complete()


@pytest.mark.parametrize("path", [SHARD, "config.json"])
def test_a_truncated_file_is_fetched_again_and_no_other(story: Story, path: str) -> None:
    story.download()
    (story.folder / path).write_bytes(story.hub.files[path][:-1])
    assert verify(story.model) != ()
    story.hub.calls.clear()
    story.download()
    story.assert_complete()
    assert set(story.hub.fetched()) == {path}


def test_a_missing_file_is_fetched_again_and_no_other(story: Story) -> None:
    story.download()
    (story.folder / SHARD).unlink()
    assert verify(story.model) == (f"{SHARD} is missing",)
    story.hub.calls.clear()
    story.download()
    story.assert_complete()
    assert set(story.hub.fetched()) == {SHARD}


def test_wrong_bytes_of_the_right_size_are_found_and_fetched_again(story: Story) -> None:
    good = story.hub.files[SHARD]
    story.folder.mkdir(parents=True)
    (story.folder / SHARD).write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    (story.folder / shard_name(1, 3)).write_bytes(story.hub.files[shard_name(1, 3)])
    story.download()
    story.assert_complete()
    assert SHARD in story.hub.fetched()
    assert shard_name(1, 3) not in story.hub.fetched()


def test_a_header_that_was_broken_later_is_found_though_size_and_time_are_the_same(
    story: Story,
) -> None:
    story.download()
    path = story.folder / SHARD
    before = path.stat()
    path.write_bytes(b"\xff" * 8 + story.hub.files[SHARD][8:])
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert len(verify(story.model)) == 1
    story.download()
    story.assert_complete()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the files that are read to be hashed, as they are."""
    paths: list[str] = []

    def reading(file: HubFile, path: Path, check: Callable[[], None]) -> bool:
        paths.append(file.path)
        return true_reading(file, path, check)

    true_reading = HubFile.is_at
    monkeypatch.setattr(HubFile, "is_at", reading)
    return paths


def test_what_was_hashed_is_not_read_again_unless_it_changed(story: Story, read: list[str]) -> None:
    story.download()
    story.marker.unlink()
    os.utime(story.folder / SHARD)
    story.hub.calls.clear()
    story.download()
    assert read == [SHARD]
    assert story.hub.fetched() == []


def test_what_was_hashed_stays_so_on_a_volume_that_keeps_whole_seconds(
    story: Story, read: list[str]
) -> None:
    story.download()
    story.marker.unlink()
    for path in story.wanted():
        seconds = int((story.folder / path).stat().st_mtime)
        os.utime(story.folder / path, (seconds, seconds))
    story.download()
    assert read == []


def test_a_record_that_cannot_be_read_costs_time_and_nothing_else(story: Story) -> None:
    story.download()
    story.marker.unlink()
    for note in (story.folder / ".deployer" / "hashed").rglob("*.json"):
        note.write_text("{")
    story.hub.calls.clear()
    story.download()
    story.assert_complete()
    assert story.hub.fetched() == []


def test_another_commit_in_the_same_folder_is_not_vouched_for_by_the_old_marker(
    story: Story,
) -> None:
    story.download()
    other = replace(story.model, commit="d" * 40)
    assert verify(other) == (f"the weights are of commit {COMMIT}, not {'d' * 40}",)
    story.commit_hash = "d" * 40
    story.hub.commits.add("d" * 40)
    story.hub.commit = "d" * 40
    story.hub.files = model_files(seed=2)
    story.hub.faults = [Fault(SHARD, status=404)]
    with pytest.raises(Failure, match=f"knows no {REPO}"):
        story.download()
    assert not story.marker.exists()
    story.download()
    story.assert_complete()


def test_a_shard_that_the_index_names_and_the_hub_lacks_is_a_failure(story: Story) -> None:
    story.hub.hidden.add(SHARD)
    with pytest.raises(Failure, match=f"the index names {SHARD}, which {REPO} does not have"):
        story.download()
    assert not story.marker.exists()
    assert INDEX in story.hub.fetched()
    assert verify(story.model) != ()
    assert shard_name(1, 3) not in story.hub.fetched()  # said before 700 GB are fetched


def test_the_index_alone_proves_nothing(story: Story) -> None:
    story.hub.faults = [Fault("*.safetensors", status=404, times=99)]
    with pytest.raises(Failure, match=f"knows no {REPO}"):
        story.download()
    assert (story.folder / INDEX).exists()
    assert "the download" in verify(story.model)[0]
    story.hub.faults.clear()
    story.download()
    story.assert_complete()


def test_a_repository_without_config_or_weights_is_refused(story: Story) -> None:
    story.hub.files = {"README.md": b"# nothing"}
    with pytest.raises(Failure, match=r"it has no config\.json; it has no weights"):
        story.download()


def test_a_repository_without_a_tokenizer_is_served_and_said(story: Story) -> None:
    for path in ("tokenizer.json", "tokenizer_config.json"):
        del story.hub.files[path]
    story.download()
    assert story.events[-1].message.endswith("it has no tokenizer")


def test_a_hub_out_of_reach_does_not_take_the_old_commits_marker(story: Story) -> None:
    story.download()
    old, story.commit_hash = story.model, "d" * 40
    with pytest.raises(Failure, match="has no revision"):
        story.download()
    assert verify(old, deep=True) == ()


def test_no_part_is_left_of_another_commit(story: Story) -> None:
    left = story.folder / ".deployer" / "parts" / "model.safetensors.0123"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    story.download()
    assert not left.parent.exists()


def test_no_commit_is_a_failure_before_anything_is_asked(story: Story) -> None:
    story.commit_hash = ""
    with pytest.raises(Failure, match="no commit of tiny/model is known"):
        story.download()
    assert story.hub.calls == []


def test_two_downloads_do_not_share_a_folder(story: Story) -> None:
    story.folder.mkdir(parents=True)
    with alone(story.folder), pytest.raises(Failure, match="another download is filling"):
        story.download()
    story.download()


def test_the_token_reaches_the_hub_and_nobody_else(story: Story) -> None:
    story.hub.token = CANARY
    story.environ = {"HF_TOKEN": CANARY}
    story.hub.faults = [Fault("config.json", status=503), Fault(f"body:{SHARD}", cut=5000)]
    story.download()
    shown = {(call.server, call.authorization) for call in story.hub.calls}
    assert shown == {("hub", f"Bearer {CANARY}"), ("storage", "")}
    assert CANARY not in story.said()
    assert "signed-pass" not in story.said()
    assert CANARY.encode() not in story.everything_written()


def test_the_volume_is_committed_now_and_then(story: Story) -> None:
    story.pace = replace(story.pace, commit_bytes=1, tick=0.001, workers=1)
    story.hub.faults = [Fault("body:*.safetensors", cut=40_000, times=3)]
    story.download()
    assert len(story.marked) > 2
    assert story.marked == [False] * (len(story.marked) - 1) + [True]
