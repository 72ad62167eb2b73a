"""The Xet storage of a hub: files as chunks in xorbs, and where each of them is to be fetched.

As Hugging Face's specification of the protocol has it (huggingface.co/docs/xet: CAS API, xorb
format, file reconstruction), as far as a download asks for it. There the names of files and xorbs
are hashes of their chunks; hf_xet 1.8.0 compares none when it downloads, so here they are others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

CHUNK = 32 * 1024
"""Bytes of a chunk; between 8 and 128 KiB, save for a file's last one."""

CHUNKS = 4
"""Chunks of a xorb. On the hub a xorb has up to 64 MiB."""

TOKEN = "xet-token-of-this-storage"
UNCOMPRESSED = 0


@dataclass(frozen=True, slots=True)
class Xorb:
    """Chunks with their headers, one after another; ``starts`` has their offsets, and the end."""

    name: str
    data: bytes
    starts: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the storage: its hash and its xorbs, which belong to no other file."""

    hash: str
    size: int
    xorbs: tuple[Xorb, ...]

    def reconstruction(self, start: int, end: int, address: str, version: int) -> dict[str, object]:
        """Say of which chunks the bytes from ``start`` to before ``end`` are made.

        Version 1 gives an address for each range of a xorb, version 2 one for all ranges.
        """
        terms: list[dict[str, object]] = []
        xorbs: dict[str, list[dict[str, object]]] = {}
        at, skipped = 0, 0
        for xorb in self.xorbs:
            inside: list[int] = []
            for number, size in enumerate(xorb.sizes):
                if at < end and at + size > start:
                    if not terms and not inside:
                        skipped = start - at
                    inside.append(number)
                at += size
            if not inside:
                continue
            chunks = {"start": inside[0], "end": inside[-1] + 1}
            length = sum(xorb.sizes[inside[0] : inside[-1] + 1])
            terms.append({"hash": xorb.name, "unpacked_length": length, "range": chunks})
            where = {"start": xorb.starts[inside[0]], "end": xorb.starts[inside[-1] + 1] - 1}
            url = f"{address}/{xorb.name}?pass=signed-pass-of-the-xorb"
            xorbs[xorb.name] = (
                [{"url": url, "range": chunks, "url_range": where}]
                if version == 1
                else [{"url": url, "ranges": [{"chunks": chunks, "bytes": where}]}]
            )
        name = "fetch_info" if version == 1 else "xorbs"
        return {"offset_into_first_range": skipped, "terms": terms, name: xorbs}


@dataclass
class Storage:
    """How the storage behaves: ``versions`` are those of the call for a reconstruction.

    ``tokens`` is the address that the hub says gives tokens for it; '' is the hub's own.
    """

    versions: set[int] = field(default_factory=lambda: {1, 2})
    tokens: str = ""


@lru_cache(maxsize=64)
def stored(data: bytes) -> Stored:
    """Put a file into the storage."""
    pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    xorbs = [_xorb(pieces[at : at + CHUNKS]) for at in range(0, len(pieces), CHUNKS)]
    return Stored(_name(data), len(data), tuple(xorbs))


def _xorb(pieces: list[bytes]) -> Xorb:
    data, starts = bytearray(), [0]
    for piece in pieces:
        length = len(piece).to_bytes(3, "little")
        # A version, the length as stored, the scheme of compression, the length of the content.
        data += b"\0" + length + bytes([UNCOMPRESSED]) + length + piece
        starts.append(len(data))
    return Xorb(_name(data), bytes(data), tuple(starts), tuple(map(len, pieces)))


def _name(data: bytes | bytearray) -> str:
    return hashlib.sha256(b"xet" + data).hexdigest()
