"""How the engine is just now, in a file beside its log: what ``status`` and ``apply`` read.

A line of fixed length, written over in place: it costs no disk space and no waiting, and a reader
sees the old line or the new one. It says when it was written, so that nobody takes it for news.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.codec import DecodeError, decode, encode, read_json
from deployer.files import PRIVATE

if TYPE_CHECKING:
    from pathlib import Path

VIEW = "liveness.json"
"""The file's name, beside the events."""

LENGTH = 1024
"""Bytes of the line, padded with spaces. A file system writes as many in one piece."""

REASON = 300


@dataclass(frozen=True, slots=True)
class View:
    """What the supervisor saw ``at`` a moment (seconds since the epoch).

    ``state`` is one of :data:`deployer.serve.liveness.TABLE`, ``sign`` how many seconds before that
    bytes, tokens or an answer to a request of its own last moved.
    """

    at: float
    state: str
    reason: str
    sign: float


class ViewFile:
    """Writes views; a disk that takes none is no reason to stop watching."""

    def __init__(self, path: Path) -> None:
        self._file = -1
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with suppress(OSError):
            self._file = os.open(path, flags, PRIVATE)

    def write(self, view: View) -> None:
        """Write over the last one."""
        if self._file < 0:
            return
        short = View(view.at, view.state, view.reason[:REASON], round(view.sign, 1))
        line = json.dumps(encode(short)).encode()
        with suppress(OSError):
            os.pwrite(self._file, line.ljust(LENGTH - 1)[: LENGTH - 1] + b"\n", 0)

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def read_view(path: Path) -> View | None:
    """Read the last view; None where there is none that can be read."""
    try:
        return decode(View, read_json(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, DecodeError):
        return None
