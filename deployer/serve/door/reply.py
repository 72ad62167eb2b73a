"""An engine's answer as HTTP/1.1 writes it: its head, and where its body ends.

Each request has a connection of its own (``engine.py``), so nothing follows an answer. What two
readers could read in two ways is no answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

LONGEST_HEAD = 64 * 1024
LONGEST_SIZE = 18
"""Letters of the line that gives a chunk's size: sixteen digits and its end. uvicorn sends no
extensions (RFC 9112 section 7.1.1)."""

STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*")
SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
LENGTH = re.compile(r"[0-9]{1,18}")

END = b"\r\n"

EMPTY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class NoAnswerError(Exception):
    """An engine that cannot be reached, says nothing, or ends before its answer is whole."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers, these by names in small letters.

    It says how its body ends: an answer that ends with its connection is taken for none, for so
    does one that breaks off.
    """

    status: int
    headers: dict[str, str]

    @property
    def content_type(self) -> str:
        """The media type without parameters, in small letters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def length(self) -> int | None:
        """How many bytes the body has; None for one that comes in chunks."""
        if self.status in EMPTY:
            return 0
        return int(self.headers["content-length"]) if "content-length" in self.headers else None


def read_head(data: bytes) -> tuple[Head, bytes] | None:
    """Take an answer's head off what has come; None while it is not whole.

    Interim answers (1xx) are passed over. Raises :class:`NoAnswerError` for what is no head.
    """
    while True:
        text, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            if len(data) > LONGEST_HEAD:
                raise NoAnswerError
            return None
        first, *lines = text.split(b"\r\n")
        status = STATUS.fullmatch(first)
        if status is None:
            raise NoAnswerError
        head = Head(int(status[1]), _fields(lines))
        if head.status >= HTTPStatus.OK:
            if head.length is None and "transfer-encoding" not in head.headers:
                raise NoAnswerError
            return head, rest
        data = rest


def _fields(lines: list[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        field = FIELD.fullmatch(line)
        if field is None:
            raise NoAnswerError
        name = field[1].decode("ascii").lower()
        if name in found and name in {"content-length", "transfer-encoding"}:
            raise NoAnswerError
        found.setdefault(name, field[2].decode("latin-1"))
    if "transfer-encoding" in found:
        if found["transfer-encoding"].lower() != "chunked" or "content-length" in found:
            raise NoAnswerError
    elif "content-length" in found and LENGTH.fullmatch(found["content-length"]) is None:
        raise NoAnswerError
    return found


class Body:
    """A body as it comes. ``over`` tells that it is whole."""

    def __init__(self, head: Head) -> None:
        self._chunked = head.length is None
        self._left = head.length or 0
        self._held = b""
        self._last = False
        self.over = not self._chunked and not self._left

    def feed(self, data: bytes) -> bytes:
        """Take what has come and give what of it is the body's.

        Raises :class:`NoAnswerError` for what is no body.
        """
        if self.over:
            return b""
        if self._chunked:
            return self._feed_chunks(data)
        piece = data[: self._left]
        self._left -= len(piece)
        self.over = not self._left
        return piece

    def _feed_chunks(self, data: bytes) -> bytes:
        """Take the pieces out of their chunks. ``_left`` counts a chunk's rest and the line end."""
        data, self._held = self._held + data, b""
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            if self._left:
                at = self._within(data, at, pieces)
                continue
            end = data.find(END, at, at + LONGEST_SIZE)
            if end < 0:
                if len(data) - at >= LONGEST_SIZE:
                    raise NoAnswerError
                self._held = data[at:]
                break
            if self._last:  # the line after the last chunk: trailers are nobody's here
                if end != at:
                    raise NoAnswerError
                self.over = True
                break
            at = self._begin(data, at, end)
        return b"".join(pieces) if len(pieces) != 1 else pieces[0]

    def _begin(self, data: bytes, at: int, end: int) -> int:
        if SIZE.fullmatch(data, at, end) is None:
            raise NoAnswerError
        size = int(data[at:end], 16)
        self._last = not size
        self._left = size + len(END) if size else 0
        return end + len(END)

    def _within(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        size = self._left - len(END)
        if size > 0:
            piece = data[at : at + size]
            pieces.append(piece)
            self._left -= len(piece)
            return at + len(piece)
        ending = data[at : at + self._left]
        if not END[-self._left :].startswith(ending):
            raise NoAnswerError
        self._left -= len(ending)
        return at + len(ending)
