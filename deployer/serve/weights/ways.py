"""How the bytes of a span come: by our own ranges, whatever else there may be."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from deployer.serve.weights.pace import Later
from deployer.serve.weights.patient import pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.serve.weights.hub import Hub
    from deployer.serve.weights.manifest import HubFile, Manifest
    from deployer.serve.weights.pace import Gate, Pace


@dataclass(slots=True)
class Claim:
    """What one connection is at: the bytes from ``at`` to before ``end``; ``at`` moves on."""

    at: int
    end: int
    write: Callable[[int, bytes], None]

    @property
    def left(self) -> int:
        """The bytes that are still to come."""
        return self.end - self.at

    def take(self, piece: bytes) -> None:
        """Put the next bytes in their place; what goes beyond the span is left out."""
        piece = piece[: self.left]
        self.write(self.at, piece)
        self.at += len(piece)


class Way(Protocol):
    """Fetches spans. Threads use one together."""

    def fetch(self, file: HubFile, claim: Claim) -> None:
        """Fetch what is left of a claim. Raises ``Failure``, :class:`Later`, or ``Stopped``."""


@dataclass(slots=True)
class Ranges:
    """By HTTP ranges; the hub is asked once for each file, its storage for each span."""

    hub: Hub
    manifest: Manifest
    pace: Pace
    gate: Gate
    _storage: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, file: HubFile, claim: Claim) -> None:
        """Fetch what is left of a claim."""
        repo, commit, path = self.manifest.repo, self.manifest.commit, file.path
        known = self._storage.get(path, "")
        try:
            response, storage = self.hub.span(repo, commit, path, claim.at, claim.end, known)
            with self._lock:
                self._storage[path] = storage
            with response:
                for piece in pieces(response, self.pace, path):
                    self.gate.check()
                    claim.take(piece)
                    if not claim.left:
                        return
        except Later:
            with self._lock:  # its pass may have run out: the hub gives a new one
                self._storage.pop(path, None)
            raise
        message = f"{path} ended {claim.left} bytes early"
        raise Later(message)
