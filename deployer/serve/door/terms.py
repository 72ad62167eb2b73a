"""What a door is told at its birth. It travels as JSON and holds no key.

Standard library only: the supervisor writes it and has no need of aiohttp.
"""

from __future__ import annotations

from dataclasses import dataclass

REQUEST_HEADER = "X-Request-Id"
"""Of every response: what a request is called in the events of its cut and in the door's log."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path that exists, with the methods that it takes.

    A segment in braces (``/v1/responses/{id}``) stands for one name of letters, digits, ``_`` and
    ``-``; all else is compared as it was sent, character by character.
    """

    path: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may come in, and with what.

    ``release`` is what :data:`~deployer.headers.TOLD_BY` says, ``shape`` what
    :data:`~deployer.headers.SHAPE_BY` does. ``keyed`` tells whether a key is
    asked for: with it and without any key nobody comes in. ``body`` bounds a request's body, in
    bytes.
    ``origins`` are the pages of browsers that may ask (CORS). ``models`` are the names that are
    served, none where any is, and ``adapters`` those that are asked for after one (``models.py``).
    ``connections`` bounds those that are
    open at a time, ``head_seconds`` the time from a connection, or the first byte of a further
    request, to the end of the request's head, ``reader_seconds`` the time in which a client that is
    behind has to read anything at all.
    """

    release: str
    routes: tuple[Route, ...]
    keyed: bool
    body: int
    origins: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    adapters: tuple[str, ...] = ()
    connections: int = 4096
    head_seconds: float = 30.0
    reader_seconds: float = 60.0
    shape: str = ""


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A client's key by its name: the SHA-256 of the key, in hexadecimal, is all a door is told."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the engine listens on the loopback, and the key that it takes. Never shown."""

    port: int
    key: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A request that was ended before its answer was complete."""

    id: str
    route: str
    seconds: float
    bytes: int

    def spelt(self) -> str:
        """Say which one it was."""
        return f"{self.id} ({self.route}, {self.seconds:.1f} s, {self.bytes:,} bytes)"


@dataclass(frozen=True, slots=True)
class Timed:
    """A stage of a start, and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the supervisor knows of its server, and the door tells in ``/metrics``.

    ``started`` is when the start began (seconds since the epoch), ``stages`` what it took;
    ``restarts`` counts engines and ``doors`` doors after the first. ``hang`` tells that the engine
    shows no progress though it should, ``draining`` that the server was asked to end.
    """

    release: str = ""
    model: str = ""
    engine: str = ""
    started: float = 0.0
    stages: tuple[Timed, ...] = ()
    restarts: int = 0
    doors: int = 0
    hang: bool = False
    draining: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What a supervisor tells its door, one JSON line each.

    ``do`` is ``terms``, ``keys``, ``facts``, ``open`` (``upstream`` is the engine from now on; what
    is in flight at the one before goes on), ``shut`` (new requests get 503 with ``reason``,
    connections end), ``cut`` (all in flight end now) or ``cut-elders`` (those at the engine before
    do). The first line is the :class:`Terms`.
    """

    do: str
    terms: Terms | None = None
    keys: tuple[NamedKey, ...] = ()
    upstream: Upstream | None = None
    reason: str = ""
    retry_after: int = 0
    facts: Facts | None = None
