"""The list of what is kept for a key: written last, so that what it names is whole."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deployer.codec import DecodeError, decode_json, encode
from deployer.serve.caches.key import CacheKey

FOLDER = ".deployer/jit"
"""Where it all lies, relative to the root of the cache volume: out of DeepGEMM's sight."""

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """One cache on the volume: its file beside the list, that file's SHA-256, and what it holds."""

    name: str
    file: str
    sha256: str
    size: int
    files: int


@dataclass(frozen=True, slots=True)
class CacheMarker:
    """All that is kept for ``key``, and when it was written (seconds since the epoch)."""

    key: CacheKey
    caches: tuple[Kept, ...]
    written: float
    format_version: int = FORMAT_VERSION

    def to_json(self) -> str:
        """Write it as JSON."""
        return json.dumps(encode(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def of(cls, text: str, key: CacheKey) -> CacheMarker:
        """Read one; raises :class:`~deployer.codec.DecodeError` for a damaged or another's."""
        marker = decode_json(cls, text, FORMAT_VERSION)
        if marker.key != key:
            msg = f"it is the list of another key ({marker.key.digest()})"
            raise DecodeError(msg)
        if odd := [each.file for each in marker.caches if each.file != file_name(each)]:
            msg = f"it names a file that is none of its own: {odd[0]!r}"
            raise DecodeError(msg)
        return marker


def file_name(kept: Kept) -> str:
    """Give the name of a cache's file: by its content, so that none is ever written twice."""
    return f"{kept.name}-{kept.sha256[:16]}.tar"


def marker_path(key: CacheKey) -> str:
    """Give where the list of a key lies, relative to the root of the volume."""
    return f"{FOLDER}/{key.digest()}.json"


def folder_of(key: CacheKey) -> str:
    """Give where the files of a key lie, relative to the root of the volume."""
    return f"{FOLDER}/{key.digest()}"
