"""What may be installed is what a hash is given for: pip's own verdict, on a wheel of ours."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from deployer.engine import plugin
from deployer.engine.environment import ENGINES
from deployer.engine.locked import OVERLAYS, VERIFIED, Locked, read_lock, write_lock

GOOD = "a" * 64


@pytest.mark.parametrize("path", [OVERLAYS, *ENGINES.values()], ids=lambda path: path.name)
def test_every_line_of_a_lock_has_a_hash(path: Path) -> None:
    packages = read_lock(path)

    assert packages
    assert all(one.hashes for one in packages)
    assert len({one.pin for one in packages}) == len(packages)


@pytest.mark.parametrize(
    "line",
    [
        "sglang==0.5.23",
        "sglang",
        f"sglang>=0.5 --hash=sha256:{GOOD}",
        "sglang==0.5.23 --hash=md5:abc",
        f"sglang==0.5.23 --hash=sha256:{GOOD[:-1]}",
        f"--index-url=https://elsewhere --hash=sha256:{GOOD}",
        f"sglang @ https://elsewhere/x.whl --hash=sha256:{GOOD}",
    ],
)
def test_a_line_without_a_pin_and_a_hash_is_refused(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(f"# a comment\n{line}\n")

    with pytest.raises(ValueError, match="not a pin with hashes"):
        read_lock(lock)


def test_a_lock_is_read_as_it_is_written(tmp_path: Path) -> None:
    packages = (Locked("a==1", (GOOD,)), Locked("b-c==2+cpu", (GOOD, "b" * 64)))

    assert read_lock(write_lock(packages, tmp_path / "lock.txt")) == packages


@pytest.mark.process
@pytest.mark.parametrize("right", [True, False])
def test_pip_takes_the_file_of_the_hash_and_no_other(tmp_path: Path, *, right: bool) -> None:
    """The real pip, from a folder of wheels: of another hash nothing is installed."""
    wheel = plugin.build_wheel(tmp_path)
    name, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    locked = Locked(f"{name}=={version}", (digest if right else GOOD,))
    lock = write_lock([locked], tmp_path / "lock.txt")
    pip = [sys.executable, "-I", "-m", "pip", "install", "--no-deps", "--no-index"]
    to = ["--find-links", str(tmp_path), "--target", str(tmp_path / "target")]

    done = subprocess.run(
        [*pip, *to, *VERIFIED, "-r", str(lock)], capture_output=True, text=True, check=False
    )

    assert (done.returncode == 0) is right, done.stderr
    assert bool(list((tmp_path / "target").glob("*"))) is right
    assert right or "DO NOT MATCH THE HASHES" in done.stderr
