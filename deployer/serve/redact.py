"""Keeping secrets out of everything that is printed, stored or sent on.

SGLang prints its API key in clear when it starts (``server_args={... 'api_key': '...'}``, seen in
0.5.10.post1, 0.5.19 and 0.5.23), so its output passes through here before anyone sees it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deployer.late import compile_pattern
from deployer.secret import forms, masked
from deployer.serve.broken import MOST, Broken, overlap
from deployer.serve.shapes import ShapeStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MARK = "[redacted]"
"""What stands in the place of a secret."""

SHORTEST = 4
"""Shorter values are left alone: redacting ``1`` would make a log unreadable and hide nothing."""

LONG = 16
"""Letters of a secret that is known without its first one, too: a log may break it there, and no
line is held back for a single letter (:mod:`deployer.serve.broken`)."""

SHORTEST_ANCHOR = 4
"""Bytes. Fewer are found everywhere."""

RUN = re.compile(rb"[A-Za-z0-9]+")


class Redactor:
    """Replaces secrets, in every form in which a log would quote them, by :data:`MARK`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets: frozenset[str] = frozenset()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too, from here on; what was hidden stays so."""
        self._secrets |= frozenset(secrets)
        long = (secret for secret in self._secrets if len(secret) >= SHORTEST)
        found = {form for secret in long for form in forms(secret) if len(form) >= SHORTEST}
        headless = {secret[1:] for secret in self._secrets if len(secret) >= LONG}
        found |= headless
        self._forms = tuple(sorted((f.encode() for f in found), key=len, reverse=True))
        self._pattern = compile_pattern(b"|".join(map(re.escape, self._forms)))
        self._anchors = _anchors(self._forms)
        pieces = self._secrets | headless
        self.broken = Broken(secret.encode(errors="surrogatepass") for secret in pieces)

    def clean(self, data: bytes) -> bytes:
        """Redact a text that is complete."""
        return self.broken.hide(self._split(data, final=True)[0], MARK.encode())

    def text(self, text: str) -> str:
        """Redact a text that is complete, and what has the shape of somebody else's secret."""
        return masked(self.clean(text.encode(errors="surrogatepass")).decode(errors="replace"))

    def stream(self) -> RedactedStream:
        """Begin a stream that arrives in pieces."""
        return RedactedStream(self)

    def _split(self, data: bytes, *, final: bool) -> tuple[bytes, bytes]:
        """Give the redacted text, and the end of ``data`` that might be a secret's beginning."""
        end = 0
        if any(anchor in data for anchor in self._anchors):
            for match in self._pattern.finditer(data):
                end = match.end()
        keep = len(data) if final else max(end, len(data) - self._beginning(data))
        ready, rest = data[:keep], data[keep:]
        return (self._pattern.sub(MARK.encode(), ready) if end else ready), rest

    def _beginning(self, data: bytes) -> int:
        """Give the length of the longest end of ``data`` with which a form begins."""
        return max((overlap(data, form) for form in self._forms), default=0)


def _anchors(forms_: Sequence[bytes]) -> tuple[bytes, ...]:
    """Give few pieces of which every form has one: data without them is told at little cost.

    Quoting leaves letters and digits as they are, so that most forms share their longest run.
    """
    left, anchors = list(forms_), []
    while left:
        run = max(RUN.findall(left[-1]), key=len, default=b"")  # the shortest form is the plainest
        anchor = run if len(run) >= SHORTEST_ANCHOR else left[-1]
        anchors.append(anchor)
        left = [form for form in left if anchor not in form]
    return tuple(anchors)


class RedactedStream:
    """One stream through a redactor. It holds back what may be the first half of a secret.

    A complete line is held back only where it ends as a secret begins, which may go on in the next
    one; memory is bounded by the longest form of a secret, and for the shapes of others' by
    :class:`ShapeStream`.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = b""
        self._pieces = b""
        self._shown = b""
        self._shapes = ShapeStream()

    def feed(self, data: bytes) -> bytes:
        """Take the next piece and give what can be shown by now."""
        ready, self._held = self._redactor._split(self._held + data, final=False)  # noqa: SLF001
        return self._shapes.feed(self._joined(ready))

    def _joined(self, ready: bytes, *, final: bool = False) -> bytes:
        """Hide what stands in pieces, and hold back what may be the first of them.

        A single letter is shown at once. Whether the next one makes two with it, its line tells.
        """
        broken = self._redactor.broken
        whole = broken.hide(self._pieces + ready, MARK.encode())
        held = 0 if final else broken.beginning(self._shown + whole)
        keep = max(0, len(whole) - held)
        ready, self._pieces = whole[:keep], whole[keep:]
        self._shown = (self._shown + ready)[-MOST:]
        return ready

    def finish(self) -> bytes:
        """Give what was held back; the stream has ended."""
        held, self._held = self._held, b""
        rest = self._joined(self._redactor.clean(held), final=True)
        return self._shapes.feed(rest) + self._shapes.finish()
