"""Markers, what they prove, and the look that reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.behaviour.kernel_key import key_of
from deployer.codec import DecodeError
from deployer.serve.kernels.entries import complete_entries
from deployer.serve.kernels.marker import (
    Marker,
    Version,
    list_digest,
    marker_path,
    read_marker,
    read_markers,
    write_marker,
)
from deployer.serve.kernels.verify import verify

from .kitchen import on_gpu, put_kernel

RELEASE = on_gpu()


def prove(cache: Path, written: float = 1.0, release: object = RELEASE) -> Marker:
    assert isinstance(release, type(RELEASE))
    entries = complete_entries(cache)
    versions = (Version("sglang", "0.5.10.post1"), Version("torch", "2.9.1"))
    marker = Marker(key_of(release), versions, entries, list_digest(entries), written, 60.0)
    write_marker(cache, marker)
    return marker


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    for number in range(5):
        put_kernel(tmp_path, f"kernel.gemm.{number}")
    return tmp_path


def test_a_marker_comes_back_as_it_was(cache: Path) -> None:
    marker = prove(cache)
    assert read_marker(cache, key_of(RELEASE)) == marker
    assert marker.summary() == "5 kernels, 0.0 MiB"
    assert marker.size == 5 * len(b"\x7fELF")
    assert [p.name for p in (cache / ".deployer/kernels").iterdir()] == [
        f"{key_of(RELEASE).digest()}.json"
    ]


def test_a_complete_cache_lacks_nothing(cache: Path) -> None:
    prove(cache)
    put_kernel(cache, "kernel.gemm.of-another")  # other releases share the volume
    assert verify(RELEASE, cache) == ()


def test_an_empty_volume_is_said(tmp_path: Path) -> None:
    assert verify(RELEASE, tmp_path) == ("no kernels have been compiled on this volume",)


def test_the_nearest_marker_says_why(cache: Path) -> None:
    prove(cache, release=on_gpu("H200"))
    assert verify(RELEASE, cache) == (
        "none have been compiled for this release: hardware.gpu sm90 -> sm100",
    )


def test_kernels_that_went_are_counted_and_named(cache: Path) -> None:
    prove(cache)
    for number in range(4):
        (cache / f"cache/kernel.gemm.{number}/kernel.cubin").unlink()
    (lack,) = verify(RELEASE, cache)
    assert lack.startswith("4 of 5 kernels are gone or have another size: kernel.gemm.0, ")
    assert lack.endswith("kernel.gemm.2, ...")


def test_a_kernel_of_another_size_is_none(cache: Path) -> None:
    prove(cache)
    (cache / "cache/kernel.gemm.3/kernel.cubin").write_bytes(b"\x7fE")
    assert verify(RELEASE, cache) == (
        "1 of 5 kernels are gone or have another size: kernel.gemm.3",
    )


def test_an_image_that_changed_behind_its_tag_is_seen(cache: Path) -> None:
    prove(cache)
    assert verify(RELEASE, cache, (Version("torch", "2.9.1"), Version("nvcc", "13.0"))) == ()
    assert verify(RELEASE, cache, (Version("torch", "2.9.2"),)) == (
        "torch in the image is 2.9.2, the kernels are of 2.9.1",
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": 2}', "null"])
def test_a_damaged_marker_is_not_trusted(cache: Path, text: str) -> None:
    prove(cache)
    (cache / marker_path(key_of(RELEASE))).write_text(text)
    (lack,) = verify(RELEASE, cache)
    assert "is not to be trusted" in lack
    assert read_markers(cache) == ()


def test_a_marker_whose_list_was_changed_is_not_trusted(cache: Path) -> None:
    text = prove(cache).to_json()
    with pytest.raises(DecodeError, match="digest"):
        Marker.from_json(text.replace("kernel.gemm.4", "kernel.gemm.9"))


def test_a_marker_under_the_name_of_another_key_is_not_trusted(cache: Path) -> None:
    prove(cache)
    other = on_gpu("H200")
    (cache / marker_path(key_of(RELEASE))).rename(cache / marker_path(key_of(other)))
    assert "the marker of another key" in verify(other, cache)[0]


def test_the_latest_marker_comes_first(cache: Path) -> None:
    prove(cache, 1.0)
    latest = prove(cache, 2.0, on_gpu("H200"))
    assert [each.written for each in read_markers(cache)] == [2.0, 1.0]
    assert read_markers(cache)[0] == latest


def test_a_cache_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (lack,) = verify(RELEASE, tmp_path / "file")
    assert "cannot be read: Not a directory" in lack
