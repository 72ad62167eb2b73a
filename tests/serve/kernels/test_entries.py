"""Kernels travel whole or not at all, also when the copy is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deployer.errors import Failure, Interrupted
from deployer.serve.kernels.entries import complete_entries, copy_entries, entry_size
from tests.serve.living import ROOT

from .kitchen import put_committed, put_kernel

COPY = """
import os
import sys
from pathlib import Path
from deployer.serve.kernels import entries

def killed_at(event, _arguments, calls=iter(range(int(sys.argv[3])))):
    # Dies at so many things that are done to the file system.
    if event in {"open", "os.mkdir", "os.rename", "os.link"} and next(calls, None) is None:
        os.kill(os.getpid(), 9)

sys.addaudithook(killed_at)
entries.copy_entries(Path(sys.argv[1]), Path(sys.argv[2]), lambda: None)
"""


def nothing() -> None:
    return


def folders(root: Path) -> set[str]:
    return {path.name for path in (root / "cache").glob("*")}


def test_only_whole_kernels_count(tmp_path: Path) -> None:
    put_kernel(tmp_path, "kernel.x.b")
    put_kernel(tmp_path, "kernel.x.a")
    put_kernel(tmp_path, "kernel.x.empty", cubin=b"")
    put_kernel(tmp_path, "kernel.x.no-code", code="")
    put_kernel(tmp_path, "kernel.x.half")
    (tmp_path / "cache/kernel.x.half/kernel.cubin").unlink()
    put_kernel(tmp_path, "gemm.0123")  # of the later layout, and not committed
    put_committed(tmp_path, "gemm.4567")
    put_committed(tmp_path, "gemm.89ab", cubin=b"")
    (tmp_path / "cache/kernel.x.file").write_text("")
    assert [each.name for each in complete_entries(tmp_path)] == [
        "gemm.4567",
        "kernel.x.a",
        "kernel.x.b",
    ]
    assert complete_entries(tmp_path / "nowhere") == ()


def test_what_is_there_is_left_alone_and_half_a_kernel_is_replaced(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for name in ("kernel.x.a", "kernel.x.b", "kernel.x.c"):
        put_kernel(here, name, cubin=b"new")
    put_kernel(there, "kernel.x.a", cubin=b"old!")
    put_kernel(there, "kernel.x.b", cubin=b"")
    copied = copy_entries(here, there, nothing)
    assert [each.name for each in copied] == ["kernel.x.b", "kernel.x.c"]
    assert (there / "cache/kernel.x.a/kernel.cubin").read_bytes() == b"old!"
    assert (there / "cache/kernel.x.b/kernel.cubin").read_bytes() == b"new"
    assert not (there / ".deployer/incoming").exists()


def test_the_word_that_a_kernel_is_committed_travels_with_it(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    put_committed(here, "gemm.4567")
    put_kernel(there, "gemm.4567")  # half a one, which DeepJIT could not replace
    assert len(copy_entries(here, there, nothing)) == 1
    assert {path.name for path in (there / "cache/gemm.4567").iterdir()} == {
        "kernel.cu",
        "kernel.cubin",
        "meta.json",
        ".committed",
    }


def test_a_copy_can_be_ended_between_two_kernels(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for number in range(4):
        put_kernel(here, f"kernel.x.{number}")
    left = iter(range(2))

    def check() -> None:
        if next(left, None) is None:
            msg = "enough"
            raise Interrupted(msg)

    with pytest.raises(Interrupted):
        copy_entries(here, there, check)
    assert folders(there) == {"kernel.x.0", "kernel.x.1"}


def test_a_full_disk_says_where_and_leaves_no_half(tmp_path: Path) -> None:
    here = tmp_path / "here"
    put_kernel(here, "kernel.x.a")
    there = tmp_path / "there"
    there.mkdir()
    (there / "cache").write_text("not a folder")
    with pytest.raises(Failure, match="cannot be copied from") as caught:
        copy_entries(here, there, nothing)
    assert "0 were copied whole" in caught.value.hint


@pytest.mark.process
def test_a_copy_that_is_killed_again_and_again_leaves_no_half(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for number in range(40):
        put_kernel(here, f"kernel.x.{number:03}", cubin=bytes(200_000))
    present: list[int] = []
    for calls in range(1, 60, 6):
        words = [sys.executable, "-c", COPY, str(here), str(there), str(calls)]
        assert subprocess.run(words, cwd=ROOT, check=False).returncode == -signal.SIGKILL
        assert all(entry_size(there, name) == 200_000 for name in folders(there))
        present.append(len(folders(there)))
    assert 0 < present[-1] < 40
    assert len(set(present)) > 3, "each was killed at another place"
    copy_entries(here, there, nothing)
    assert complete_entries(there) == complete_entries(here)
    assert not (there / ".deployer/incoming").exists()
