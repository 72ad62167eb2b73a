"""What was seen when it was asked, and what is only remembered: never the one for the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen: ``at`` is when it was asked (seconds since the epoch), ``what`` says what."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What this machine remembers: ``at`` is when it was written down, 0 where it never was.

    ``verified`` tells whether every promise was seen to hold, ``verified_at`` when it was last
    tried (seconds since the epoch, 0 where it never was, or before that was remembered).
    ``unknown`` says why that could not be found out, and is empty where it was.
    """

    at: float = 0.0
    verified: bool = False
    verified_at: float = 0.0
    unknown: str = ""


NOTHING = Recorded()
"""What is remembered where nothing is."""
