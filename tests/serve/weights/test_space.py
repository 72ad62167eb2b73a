"""Whose word on free space counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.errors import Failure
from deployer.serve.weights.space import amount, doubt, free

if TYPE_CHECKING:
    from pathlib import Path

HUGE = 10**18


def test_a_local_disk_that_is_too_small_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    mounts = ["proc /proc proc rw 0 0", "/dev/vda / ext4 rw 0 0"]
    with pytest.raises(Failure, match=r"is full: 1000000000\.0 GB are still .* GB are missing"):
        doubt(tmp_path, HUGE, mounts)


def test_a_volume_on_a_network_is_only_doubted(tmp_path: Path) -> None:
    mounts = ["/dev/vda / ext4 rw 0 0", f"volume {tmp_path} 9p rw 0 0"]
    (tmp_path / "model").mkdir()
    said = doubt(tmp_path / "model", HUGE, mounts)
    assert said.startswith("the file system (9p) states ")
    assert said.endswith("not relied upon")


def test_a_path_with_a_space_is_found_among_the_mounts(tmp_path: Path) -> None:
    folder = tmp_path / "a volume"
    folder.mkdir()
    mounts = ["/dev/vda / ext4 rw 0 0", f"v {tmp_path}/a\\040volume fuse.modal rw 0 0"]
    assert "(fuse.modal)" in doubt(folder, HUGE, mounts)


def test_what_fits_is_not_doubted(tmp_path: Path) -> None:
    assert doubt(tmp_path, 1) == ""


def test_a_file_system_that_says_nothing_is_not_asked_twice(tmp_path: Path) -> None:
    assert free(tmp_path / "missing") is None
    assert doubt(tmp_path / "missing", HUGE) == ""


def test_amounts_are_in_powers_of_ten() -> None:
    assert [amount(size) for size in (0, 999, 1000, 2_500_000, 756_000_000_000)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "2.5 MB",
        "756.0 GB",
    ]
