"""A packed cache comes back as it was, or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from deployer.errors import Failure
from deployer.serve.caches import bundle
from deployer.serve.caches.bundle import listing, pack, unpack


def filled(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_comes_back_is_what_was_there(tmp_path: Path) -> None:
    source = filled(tmp_path / "a", x__kernel="code", y="more", lock="", z__a_lock="stays")
    (source / "x" / "b.lock").touch()
    (source / "link").symlink_to(source / "y")
    (source / "y").chmod(0o6755)
    os.utime(source / "y", ns=(1, 1_700_000_000_123_456_789))
    files = listing(source)
    assert sorted(files) == ["x/kernel", "y", "z/a_lock"]

    packed = pack(source, files, tmp_path / "tar")
    target = filled(tmp_path / "b", x__kernel="the image's own")
    assert unpack(tmp_path / "tar", packed.sha256, target) == packed.files == 3
    assert (target / "x" / "kernel").read_text(encoding="utf-8") == "the image's own"
    told = (target / "y").stat()
    assert (told.st_mtime_ns, told.st_mode & 0o7777) == (1_700_000_000_123_456_789, 0o755)
    assert listing(target)["y"] == files["y"]
    assert sorted(each.name for each in target.iterdir()) == ["x", "y", "z"]
    assert listing(source, leave=["x"]).keys() == {"y", "z/a_lock"}
    assert listing(tmp_path / "nowhere") == {}


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    made.size = 4 if kind == tarfile.REGTYPE else 0
    return made


FOREIGN = {
    "absolute": [member("/etc/x")],
    "above": [member("../x")],
    "above within": [member("a/../../x")],
    "odd": [member("./x")],
    "a link out": [member("x", tarfile.SYMTYPE, "/etc/passwd")],
    "a hard link": [member("a"), member("x", tarfile.LNKTYPE, "a")],
    "a device": [member("x", tarfile.CHRTYPE)],
    "a pipe": [member("x", tarfile.FIFOTYPE)],
    "a folder": [member("x", tarfile.DIRTYPE)],
    "twice": [member("x"), member("x")],
}


@pytest.mark.parametrize("members", FOREIGN.values(), ids=FOREIGN.keys())
def test_what_is_no_plain_file_below_the_folder_is_refused_whole(
    tmp_path: Path, members: list[tarfile.TarInfo]
) -> None:
    with tarfile.open(tmp_path / "tar", "w") as made:
        for one in [member("good"), *members]:
            made.addfile(one, io.BytesIO(b"evil") if one.size else None)
    with pytest.raises(Failure, match=r"no plain file|cannot be unpacked: .*File exists"):
        unpack(tmp_path / "tar", sha256(tmp_path / "tar"), tmp_path / "in" / "cache")
    assert [each.name for each in (tmp_path / "in").rglob("*")] == ["cache"]


def test_a_torn_file_is_refused_wherever_it_is_torn(tmp_path: Path) -> None:
    source = filled(tmp_path / "a", x="code" * 2000, y="more")
    packed = pack(source, listing(source), tmp_path / "tar")
    whole = (tmp_path / "tar").read_bytes()
    for cut in range(100, len("code") * 2000, 1000):
        (tmp_path / "torn").write_bytes(whole[:cut])
        with pytest.raises(Failure, match="torn"):
            unpack(tmp_path / "torn", packed.sha256, tmp_path / "b")
        with pytest.raises(Failure, match="cannot be unpacked"):  # with its own hash, too
            unpack(tmp_path / "torn", sha256(tmp_path / "torn"), tmp_path / "b")
        assert list((tmp_path / "b").iterdir()) == []
    (tmp_path / "torn").write_bytes(b"\0" + whole[1:])
    with pytest.raises(Failure, match="torn"):
        unpack(tmp_path / "torn", packed.sha256, tmp_path / "b")
    with pytest.raises(Failure, match="cannot be unpacked"):
        unpack(tmp_path / "gone", packed.sha256, tmp_path / "b")


def test_what_changes_while_it_is_packed_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = filled(tmp_path / "a", x="code")
    files = listing(source)
    (source / "x").write_text("other code", encoding="utf-8")
    with pytest.raises(Failure, match="x has changed"):
        pack(source, files, tmp_path / "one")
    with pytest.raises(Failure, match="cannot be packed"):
        pack(source, {"gone": (1, 1)}, tmp_path / "two")
    monkeypatch.setattr(bundle, "LARGEST", 3)
    with pytest.raises(Failure, match="it holds more than"):
        pack(source, listing(source), tmp_path / "three")
