"""A file is there whole or not at all, and is never written through a link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from deployer.files import PRIVATE, is_there, may_be_there, write_whole
from tests.override import no_override

ROOT = Path(__file__).resolve().parents[1] / "deployer"


def test_what_may_not_be_looked_at_is_not_taken_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    assert is_there(tmp_path)
    assert is_there(tmp_path / "x")
    assert not is_there(tmp_path / "y")
    assert not is_there(tmp_path / "x" / "below a file")
    with pytest.raises(OSError, match="File name too long"):
        is_there(tmp_path / ("n" * 256))


def test_a_link_to_itself_cannot_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "away").symlink_to("nowhere")
    for path in (tmp_path / "loop", tmp_path / "loop" / "below"):
        with pytest.raises(OSError, match="Too many levels of symbolic links"):
            is_there(path)
        assert may_be_there(path)
    assert not is_there(tmp_path / "away")
    assert may_be_there(tmp_path / "away")


def test_what_may_not_be_looked_at_may_be_there(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "x").mkdir(parents=True)
    assert may_be_there(closed / "x")
    assert not may_be_there(closed / "y")
    closed.chmod(0)
    with no_override():
        assert may_be_there(closed / "y")
    closed.chmod(0o700)


def test_a_link_in_the_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere, path = tmp_path / "authorized_keys", tmp_path / "x.flags"
    elsewhere.write_text("mine", encoding="utf-8")
    path.symlink_to(elsewhere)

    write_whole(path, "theirs")

    assert elsewhere.read_text(encoding="utf-8") == "mine"
    assert not path.is_symlink()
    assert path.read_text(encoding="utf-8") == "theirs"


def test_what_could_not_be_written_leaves_the_old_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old", encoding="utf-8")

    def full(descriptor: int, data: bytes) -> int:
        os.write(descriptor, data[:1])
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new", write=full)

    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_of_parts_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"

    write_whole(path, "größer", write=lambda descriptor, data: os.write(descriptor, data[:2]))

    assert path.read_text(encoding="utf-8") == "größer"


def test_the_permissions_are_there_from_the_beginning(tmp_path: Path) -> None:
    seen: list[int] = []

    def looking(descriptor: int, data: bytes) -> int:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return os.write(descriptor, data)

    write_whole(tmp_path / "key", "secret", mode=PRIVATE, write=looking)

    assert seen == [PRIVATE]


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)

    write_whole(path, "x")

    assert path.read_text(encoding="utf-8") == "x"


def test_there_is_one_place_that_writes_whole_files() -> None:
    """Files that outlive a command are put in place by :mod:`deployer.files`."""
    own = {
        ROOT / "files.py",
        ROOT / "engine" / "model.py",  # a folder is sealed before it gets its name
    }
    found = [
        path.relative_to(ROOT)
        for path in ROOT.rglob("*.py")
        if path not in own
        and ("os.fsync" in (text := path.read_text(encoding="utf-8")) or "mkstemp" in text)
    ]

    assert found == []


def test_what_need_not_last_is_put_in_place_whole_without_waiting_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "copy"
    waited = list[int]()
    monkeypatch.setattr("deployer.files.sync", waited.append)
    write_whole(path, "old", lasting=False)
    write_whole(path, "new", lasting=False)
    assert (path.read_text("utf-8"), [each.name for each in tmp_path.iterdir()]) == (
        "new",
        ["copy"],
    )
    assert waited == []
    write_whole(path, "kept")
    assert len(waited) == 2  # the file, and its folder
