"""An event of a server's life, as one JSON line: what ``serve`` tells and ``apply`` shows."""

from __future__ import annotations

import json
from dataclasses import dataclass

from deployer.codec import decode, encode, read_json


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``time`` (seconds since the epoch).

    ``phase`` is one of ``launch``, ``load``, ``memory``, ``warmup``, ``boot``, ``serving``,
    ``restart``, ``drain``, ``ended``, of ``shape``, ``weights``, ``kernels`` and ``caches`` before
    them, or one of an apply; ``caches`` is told once more while a server serves. ``state`` is one
    of ``started``, ``progress``, ``done``, ``failed``. ``seconds`` is how
    long the phase (or, for a warm-up request, the request) has taken so far. ``detail`` holds lines
    that explain a failure, such as the end of the engine's log, redacted. ``record`` is a value
    that it carries, as JSON on one line: of ``boot``, told once a server is ready, a
    :class:`~deployer.diagnose.boot.Boot`; of ``weights``, where several containers download, a
    :class:`~deployer.serve.weights.arrived.Arrived`.
    """

    time: float
    phase: str
    state: str
    message: str
    seconds: float = 0.0
    detail: tuple[str, ...] = ()
    record: str = ""

    def to_json(self) -> str:
        """Write the event as one line of JSON, without the line end."""
        return json.dumps(encode(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Event:
        """Read one line; raises :class:`~deployer.codec.DecodeError` or ``ValueError``."""
        return decode(cls, read_json(text))
