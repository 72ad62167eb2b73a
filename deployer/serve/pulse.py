"""What the door sees of an engine's progress: one frozen value, taken anew at least twice a second.

Progress is bytes that the engine sent, never an answer to ``/health``: SGLang says 200 there while
no token leaves. Times are seconds of ``time.monotonic``, which on Linux is one clock for all
processes of a machine (``CLOCK_MONOTONIC``), so that the door's and the supervisor's compare.
"""

from __future__ import annotations

from dataclasses import dataclass

EVERY = 0.5
"""Seconds between two pulses at most, as long as the door lives."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """The engine's traffic as its door saw it ``at`` a moment.

    ``ready`` tells whether the door lets requests through. ``requests`` counts those that were
    handed to the engine since the door began, ``in_flight`` those that it has not answered to the
    end. Of these, ``streams`` have begun, and ``held_up`` of them wait for a client that does not
    read: their silence is not the engine's. A moment that there was not is 0.

    ``port`` is the present engine's, 0 where there has been none. ``elders`` are in flight at an
    engine whose place it has taken; all other numbers of requests in flight are its own.

    ``last_byte_at`` is the last byte of any answer, ``bytes`` their number since the door began.
    """

    at: float
    ready: bool = False
    requests: int = 0
    in_flight: int = 0
    streams: int = 0
    held_up: int = 0
    last_byte_at: float = 0.0
    bytes: int = 0
    elders: int = 0
    port: int = 0
