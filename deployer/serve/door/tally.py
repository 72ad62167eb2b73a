"""What a door counts of its requests, and its part of ``/metrics``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from deployer import metrics

if TYPE_CHECKING:
    from deployer.serve.door.flights import Flight
    from deployer.serve.door.terms import Facts

CUT_BY = ("stop", "engine")

QUIET = frozenset({"/health", "/metrics"})
"""Routes whose refusals are no request that somebody went without: probes ask them all the time."""

UNFINISHED = frozenset({"cut_off", "engine_unavailable"})
"""Codes of requests that the engine had: they are counted as cut."""

GONE = 499
"""The status of a request whose client left before it was answered, as nginx writes it."""


class Tally:
    """Counts for one door. What only the supervisor knows it is told as :class:`Facts`."""

    def __init__(self) -> None:
        self._meter = metrics.Meter()
        self.connections: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """Gives how many connections are open, and how many were refused."""
        self.bytes: Callable[[], int] = lambda: 0
        """Gives how many bytes of answers came from the engine."""
        self.dropped: Callable[[], int] = lambda: 0
        """Gives how many traces of requests were not sent."""
        for by in CUT_BY:
            self._meter.add(metrics.CUTS, by, amount=0)

    def answered(self, route: str, status: int) -> None:
        """Count a request that is done with; '' is a route that does not exist."""
        self._meter.add(metrics.REQUESTS, route or "other", str(status))

    def refused(self, route: str, code: str) -> None:
        """Count a request that the engine did not get."""
        if route not in QUIET and code not in UNFINISHED:
            self._meter.add(metrics.REFUSALS, code)

    def cut(self, by: str, count: int = 1) -> None:
        """Count answers that ended before they were complete."""
        self._meter.add(metrics.CUTS, by, amount=count)

    def piece(self, flight: Flight, now: float) -> None:
        """Count a piece of a stream, before the flight takes note of it."""
        if flight.last_byte_at:
            self._meter.observe(metrics.GAP, now - flight.last_byte_at)
        else:
            self._meter.observe(metrics.FIRST, now - flight.began)

    def took(self, seconds: float) -> None:
        """Count how long a request that the engine got took to its end."""
        self._meter.observe(metrics.TOOK, seconds)

    def text(self, facts: Facts, *, ready: bool, in_flight: int) -> str:
        """Write all of it."""
        told = self._meter
        told.forget(metrics.INFO)
        told.set(metrics.INFO, 1, facts.release, facts.model, facts.engine)
        told.set(metrics.READY, ready)
        told.set(metrics.DRAINING, facts.draining)
        told.set(metrics.HANG, facts.hang)
        if facts.started:
            told.set(metrics.STARTED, facts.started)
        told.forget(metrics.STAGES)
        for each in facts.stages:
            told.set(metrics.STAGES, each.seconds, each.name)
        told.put(metrics.RESTARTS, facts.restarts)
        told.put(metrics.DOORS, facts.doors)
        told.set(metrics.IN_FLIGHT, in_flight)
        connections, refused = self.connections()
        told.set(metrics.CONNECTIONS, connections)
        told.put(metrics.CONNECTIONS_REFUSED, refused)
        told.put(metrics.BYTES, self.bytes())
        told.put(metrics.SPANS_DROPPED, self.dropped())
        return told.text()
