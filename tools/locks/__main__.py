"""``python -m tools.locks``: write the locks again, on a machine with uv and an index.

One resolution holds for all of them, for every Python from 3.11 on and every system. What is
pinned stays where it is; ``--upgrade`` takes the newest. Then it is asked for each Python and
system that is promised whether all of it can be had as wheels: nothing of a lock is ever built.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("locks")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
PIN = re.compile(r"^[A-Za-z0-9][\w.-]*==[^\s;\\]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lock:
    """One file: what it is for, and uv's words for what goes into it."""

    name: str
    purpose: str
    words: tuple[str, ...]

    @property
    def file(self) -> Path:
        """Where it lies."""
        return FOLDER / f"{self.name}.txt"


def _extras(*names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--extra", name))


LOCKS = (
    Lock("check", "what `deployer` needs to check and compare", ("pyproject.toml",)),
    Lock("run", "that, and what every verb needs", ("pyproject.toml", *_extras("all"))),
    Lock("dev", "that, and what its tests need", ("pyproject.toml", *_extras("all", "dev"))),
    Lock(
        "predict",
        "run, and NVIDIA's aiconfigurator",
        ("pyproject.toml", *_extras("all", "predict")),
    ),
    Lock("build", "what builds the project", ("--group", "build")),
    Lock("release", "what describes and audits a release", ("--group", "release")),
)


def main(words: Sequence[str] | None = None) -> int:
    """Write every lock."""
    parser = argparse.ArgumentParser(prog="python -m tools.locks", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    upgrade = parser.parse_args(words).upgrade
    with tempfile.TemporaryDirectory() as folder:
        kept, whole = Path(folder, "kept.txt"), Path(folder, "whole.txt")
        kept.write_text("" if upgrade else pins(), encoding="utf-8")
        every = ("--all-extras", "--group", "build", "--group", "release")
        _resolve(["pyproject.toml", *every, "-c", str(kept), "-o", str(whole)])
        for python in PYTHONS:
            for system in SYSTEMS:
                _ask_for_wheels(whole, python, system)
        for lock in LOCKS:
            found = Path(folder, f"{lock.name}.txt")
            _resolve([*lock.words, "--generate-hashes", "-c", str(whole), "-o", str(found)])
            text = found.read_text(encoding="utf-8")
            lock.file.write_text(_header(lock) + text, encoding="utf-8")
            print(f"{lock.file}: {len(PIN.findall(text))} packages")
    return 0


def pins() -> str:
    """Give what the locks pin now, without hashes."""
    found = {pin for file in FOLDER.glob("*.txt") for pin in PIN.findall(file.read_text("utf-8"))}
    return "\n".join(sorted(found))


def _header(lock: Lock) -> str:
    return f"# Written by `make locks`: {lock.purpose}. Any hash of a package may be met.\n"


def _resolve(words: Sequence[str]) -> None:
    common = ("--universal", "--python-version", PYTHONS[0], "--no-header", "--no-annotate", "-q")
    _uv("pip", "compile", *words, *common)


def _ask_for_wheels(lock: Path, python: str, system: str) -> None:
    where = ("--python-version", python, "--python-platform", system)
    out = lock.with_name("asked.txt")
    out.unlink(missing_ok=True)
    _uv("pip", "compile", str(lock), *where, "--only-binary", ":all:", "-q", "-o", str(out))


def _uv(*words: str) -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    uv = shutil.which("uv", path=beside)
    if uv is None:
        sys.exit("uv is not installed here, and it alone resolves for every system at once")
    try:
        subprocess.run([uv, *words], check=True)
    except subprocess.CalledProcessError as error:
        sys.exit(f"`uv {' '.join(words)}` ended with {error.returncode}; no lock was written by it")


if __name__ == "__main__":
    sys.exit(main())
