"""The shapes of secrets in a stream: masked wherever it is cut, and no line waits for the next."""

from __future__ import annotations

from deployer.late import compile_pattern
from deployer.secret import BEGINNINGS, HIDDEN, hidden_spans

LIMIT = 16384
"""Bytes that are held back at most. A key that is longer is masked, with the rest of its line."""

KEPT = 4096
"""Bytes that stay held back of a word that has become too long, and may yet end in a secret."""

CONTEXT = 64
"""Bytes of what was shown that may decide about what follows, such as an address's scheme."""

_MARK = HIDDEN.encode()
_STARTS = tuple(word.encode() for word in BEGINNINGS)
_HALVES = frozenset(word[:size] for word in _STARTS for size in range(1, len(word)))
_LONGEST = max(map(len, _HALVES))
_WITHIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
"""After one of these no shape begins, but that of a password in an address."""

_HEADER = compile_pattern(rb"(?:Bearer|Basic)\s+\S*\Z")
_KEY = compile_pattern(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS = compile_pattern(rb"-----END [A-Z ]*PRIVATE KEY-----")
_KEY_GOES_ON = compile_pattern(rb"[A-Za-z0-9+/=]*|(?:Proc-Type|DEK-Info):.*")
"""A line inside of a key: base64 (RFC 7468) or a header (RFC 1421). Any other is the log's own."""


class ShapeStream:
    """One stream whose secrets nobody named: they are known by their shape.

    A complete line is never held back. Of an unfinished one the last word is, where it may become
    a secret; memory is bounded by :data:`LIMIT`.
    """

    def __init__(self) -> None:
        self._held = b""
        self._context = b""
        self._in_key = False
        self._mutes = False

    def feed(self, data: bytes) -> bytes:
        """Take the next piece and give what can be shown by now."""
        lines, end, tail = (self._held + data).rpartition(b"\n")
        self._held = b""
        shown = self._complete(lines + end) if end else b""
        return shown + self._unfinished(tail)

    def finish(self) -> bytes:
        """Give what was held back; the stream has ended."""
        held, self._held = self._held, b""
        return self._line(held, b"") if held else b""

    def _complete(self, block: bytes) -> bytes:
        """Mask complete lines. Where no secret can begin, that is one search a beginning."""
        first = b""
        if self._context:  # the rest of a line of which a part was shown
            line, _, block = block.partition(b"\n")
            first = self._line(line, b"\n")
        if not block or not (self._in_key or self._mutes or _may_hold(block)):
            return first + block
        return first + b"".join(self._line(line, b"\n") for line in block[:-1].split(b"\n"))

    def _line(self, text: bytes, end: bytes) -> bytes:
        """Mask a line, or what is there of it when the stream has ended."""
        if self._mutes:
            self._mutes, self._context = False, b""
            return end
        if self._in_key:
            ends = _KEY_ENDS.search(text)
            if ends is None and _KEY_GOES_ON.fullmatch(text.strip()):
                return b""
            self._in_key = False
            if ends and not (text := text[ends.end() :]).strip():
                return b""
        self._in_key = _opens_key(text)
        shown = self._masked(text)
        self._context = b""
        return shown + end

    def _unfinished(self, tail: bytes) -> bytes:
        """Show an unfinished line up to what may become a secret, and keep that."""
        if self._mutes or not tail:
            return b""
        at = 0 if self._in_key else _may_grow(tail)
        if len(tail) - at > LIMIT:
            at = max(at, _outside(tail, len(tail) - KEPT)) if not self._in_key else at
        if len(tail) - at <= LIMIT:
            self._held = tail[at:]
            return self._masked(tail[:at])
        self._mutes, in_key = True, self._in_key
        self._in_key = in_key or _opens_key(tail[at:])
        return self._masked(tail[:at]) + (b"" if in_key else _MARK)

    def _masked(self, text: bytes) -> bytes:
        """Mask a text that follows on what was shown of its line."""
        whole, shown, at = self._context + text, b"", len(self._context)
        self._context = whole[-CONTEXT:]
        if not _may_hold(whole):
            return text
        for start, end in hidden_spans(whole):
            if end > at:
                shown += whole[at:start] + _MARK
                at = end
        return shown + whole[at:]


def _may_hold(text: bytes) -> bool:
    return any(start in text for start in _STARTS)


def _opens_key(text: bytes) -> bool:
    """Whether a line begins a key in PEM that it does not end."""
    begun = [found.end() for found in _KEY.finditer(text)]
    return bool(begun) and _KEY_ENDS.search(text, begun[-1]) is None


def _may_grow(text: bytes) -> int:
    """Give where an unfinished line begins to be what may become a secret; its end if nowhere."""
    if (begun := text.find(b"-----BEGIN")) >= 0:
        return _word_start(text, begun)
    if header := _HEADER.search(text):
        return _word_start(text, header.start())
    start = _word_start(text, len(text))
    word = text[start:]
    if _may_hold(word) or _ends_in_half(word):
        return start
    return len(text)


def _ends_in_half(word: bytes) -> bool:
    """Whether a word ends with the first half of a beginning."""
    for size in range(1, min(_LONGEST, len(word)) + 1):
        half = word[-size:]
        alone = size == len(word) or word[-size - 1] not in _WITHIN
        if half in _HALVES and (alone or half.startswith(b":")):
            return True
    return False


def _word_start(text: bytes, end: int) -> int:
    return max(text.rfind(space, 0, end) for space in (b" ", b"\t", b"\r", b"\v", b"\f")) + 1


def _outside(text: bytes, at: int) -> int:
    """Give the place, or one before it, that is in no secret."""
    return next((start for start, end in hidden_spans(text) if start < at < end), at)
