"""The requests that the engine has been given and has not answered to the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from deployer.serve.door.tally import GONE, Tally
from deployer.serve.door.terms import Cut
from deployer.serve.pulse import Pulse


@dataclass(slots=True, eq=False)
class Flight:
    """One of them. Moments are of :func:`time.monotonic`, 0 for those that have not come."""

    id: str
    route: str
    began: float
    first_byte_at: float = 0.0
    last_byte_at: float = 0.0
    bytes: int = 0
    port: int = 0
    held_up: bool = False
    is_cut: bool = False
    is_stream: bool = False
    status: int = 0
    task: asyncio.Task[object] | None = None


class Flights:
    """All of them, and what they add up to since the door began."""

    def __init__(
        self, tally: Tally | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tally = tally or Tally()
        self._clock = clock
        self._all: dict[Flight, None] = {}
        self._requests = 0
        self._bytes = 0
        self._tally.bytes = lambda: self._bytes
        self._last_byte_at = 0.0
        self.on_broken: Callable[[Cut], None] = lambda _: None
        """Told of each answer that the engine did not finish."""
        self.on_end: Callable[[Flight], None] = lambda _: None
        """Told of each of them when it is done with."""
        self.on_done: Callable[[], None] = lambda: None
        """Called whenever one of them is done."""

    def __len__(self) -> int:
        """Count them."""
        return len(self._all)

    def __iter__(self) -> Iterator[Flight]:
        """Go through them."""
        return iter(self._all)

    @contextmanager
    def flight(self, name: str, route: str, port: int) -> Iterator[Flight]:
        """Count a request to the engine at ``port`` as one of them while the block takes."""
        flight = Flight(name, route, self._clock(), port=port, task=asyncio.current_task())
        self._requests += 1
        self._all[flight] = None
        try:
            yield flight
        except asyncio.CancelledError:
            flight.status = flight.status if flight.is_cut else GONE
            raise
        finally:
            del self._all[flight]
            self.on_end(flight)
            self._tally.took(self._clock() - flight.began)
            self.on_done()

    def saw(self, flight: Flight, size: int) -> None:
        """Note that the engine sent a piece of an answer's body."""
        now = self._clock()
        if flight.is_stream:
            self._tally.piece(flight, now)
        if not flight.first_byte_at:
            flight.first_byte_at = now
        flight.last_byte_at = self._last_byte_at = now
        flight.bytes += size
        self._bytes += size

    def cut(self, besides: int = 0) -> tuple[Cut, ...]:
        """End all of them, or all but those to the engine at a port, and name them."""
        now = self._clock()
        ended = [each for each in self._all if each.port != besides]
        self._tally.cut("stop", len(ended))
        for flight in ended:
            flight.is_cut = True
            flight.status = HTTPStatus.SERVICE_UNAVAILABLE
            if flight.task is not None:
                flight.task.cancel()
        return tuple(_as_cut(each, now) for each in ended)

    def broke(self, flight: Flight) -> None:
        """Note that the engine did not finish an answer."""
        self._tally.cut("engine")
        flight.status = HTTPStatus.BAD_GATEWAY
        self.on_broken(_as_cut(flight, self._clock()))

    def pulse(self, port: int, *, ready: bool) -> Pulse:
        """Say how they stand; ``port`` is the present engine's."""
        present = [each for each in self._all if each.port == port]
        begun = [each for each in present if each.first_byte_at]
        return Pulse(
            at=self._clock(),
            ready=ready,
            requests=self._requests,
            in_flight=len(present),
            elders=len(self._all) - len(present),
            port=port,
            streams=len(begun),
            held_up=sum(each.held_up for each in begun),
            last_byte_at=self._last_byte_at,
            bytes=self._bytes,
        )


def _as_cut(flight: Flight, now: float) -> Cut:
    return Cut(flight.id, flight.route, round(now - flight.began, 3), flight.bytes)
