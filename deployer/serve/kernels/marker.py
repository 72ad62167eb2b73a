"""The marker: the proof, beside the kernels, that all kernels of a key are there.

It is written last, after the kernels are on the volume, and all at once. It names every kernel, so
that a look can tell whether they still are there, though other releases share the volume.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployer.behaviour.kernel_key import KernelKey
from deployer.codec import DecodeError, decode_json, encode
from deployer.files import write_whole
from deployer.serve.kernels.entries import Entry

MARKERS = ".deployer/kernels"
"""The folder of the markers, relative to the root of the cache."""

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Version:
    """A package or tool of the container that compiled, and its version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Marker:
    """What was compiled for ``key``, with what, when (seconds since the epoch), and how long.

    ``digest`` is that of the list of kernels; ``note`` says why there are none, if there are none.
    """

    key: KernelKey
    versions: tuple[Version, ...]
    entries: tuple[Entry, ...]
    digest: str
    written: float
    seconds: float
    note: str = ""
    format_version: int = FORMAT_VERSION

    @property
    def size(self) -> int:
        """The bytes of all kernels together."""
        return sum(each.size for each in self.entries)

    def summary(self) -> str:
        """Say what is there, in a few words."""
        if not self.entries:
            return f"no kernels ({self.note})"
        return f"{len(self.entries)} kernels, {self.size / 2**20:.1f} MiB"

    def to_json(self) -> str:
        """Write the marker as JSON."""
        return json.dumps(encode(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Marker:
        """Read a marker; raises :class:`~deployer.codec.DecodeError` for anything else."""
        marker = decode_json(cls, text, FORMAT_VERSION)
        if marker.digest != list_digest(marker.entries):
            msg = "the list of kernels does not have the digest that the marker states"
            raise DecodeError(msg)
        return marker


def list_digest(entries: tuple[Entry, ...]) -> str:
    """Give the SHA-256 of a list of kernels, in hexadecimal."""
    lines = "".join(f"{each.name} {each.size}\n" for each in entries)
    return hashlib.sha256(lines.encode()).hexdigest()


def marker_path(key: KernelKey) -> Path:
    """Give where the marker of a key lies, relative to the root of the cache."""
    return Path(MARKERS) / f"{key.digest()}.json"


def write_marker(cache: Path, marker: Marker) -> None:
    """Write a marker all at once; raises ``OSError``."""
    final = cache / marker_path(marker.key)
    final.parent.mkdir(parents=True, exist_ok=True)
    write_whole(final, marker.to_json())


def read_marker(cache: Path, key: KernelKey) -> Marker | None:
    """Read the marker of a key; None if there is none.

    Raises :class:`~deployer.codec.DecodeError` for one that is damaged or is another key's, and
    ``OSError`` for one that cannot be read.
    """
    try:
        text = (cache / marker_path(key)).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    marker = Marker.from_json(text)
    if marker.key != key:
        msg = f"it is the marker of another key ({marker.key.digest()})"
        raise DecodeError(msg)
    return marker


def read_markers(cache: Path) -> tuple[Marker, ...]:
    """Read every marker that can be read, the latest first."""
    found = []
    for path in (cache / MARKERS).glob("*.json"):
        with suppress(OSError, DecodeError):
            found.append(Marker.from_json(path.read_text(encoding="utf-8", errors="replace")))
    return tuple(sorted(found, key=lambda each: each.written, reverse=True))
