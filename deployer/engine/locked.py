"""Locks with hashes: what pip may install here, and nothing else under the same name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deployer.late import compile_pattern

VERIFIED = ("--require-hashes", "--only-binary", ":all:")
"""Words for pip: only what a hash is given for, and no package's build script is run
(https://pip.pypa.io/en/stable/topics/secure-installs/)."""

OVERLAYS = Path(__file__).parent / "locks" / "overlays.txt"

_PIN = compile_pattern(
    r"(?P<pin>[A-Za-z0-9][\w.-]*==[^\s;]+)(?P<rest>(?:\s+--hash=sha256:[0-9a-f]{64})+)"
)


@dataclass(frozen=True, slots=True)
class Locked:
    """One package: its pin (``name==version``), and the SHA-256 of each file that may be taken."""

    pin: str
    hashes: tuple[str, ...]

    def line(self) -> str:
        """Give the line of a requirements file."""
        return " ".join((self.pin, *(f"--hash=sha256:{digest}" for digest in self.hashes)))


def read_lock(path: Path) -> tuple[Locked, ...]:
    """Read a lock; raises ValueError for a line that pins no version or names no hash."""
    text = re.sub(r"^#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return tuple(_locked(line, path) for line in lines)


def write_lock(packages: Iterable[Locked], path: Path) -> Path:
    """Write a requirements file for pip, and give its path."""
    path.write_text("".join(f"{one.line()}\n" for one in packages), encoding="utf-8")
    return path


def overlay_lock(version: str) -> Locked | None:
    """Give the wheels of a release of SGLang; None where this deployer has no hash of it."""
    return next((one for one in read_lock(OVERLAYS) if one.pin == f"sglang=={version}"), None)


def _locked(line: str, path: Path) -> Locked:
    found = _PIN.fullmatch(line)
    if found is None:
        message = f"{path}: not a pin with hashes: {line[:80]}"
        raise ValueError(message)
    return Locked(found["pin"], tuple(re.findall(r"[0-9a-f]{64}", found["rest"])))
