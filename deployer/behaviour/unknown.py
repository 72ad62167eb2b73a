"""Why there is no number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoEstimate:
    """Why there is no number, and what would give one ('' where nothing would)."""

    reason: str
    hint: str = ""


class UnknownError(Exception):
    """Carries a :class:`NoEstimate` out of the functions that read a release."""

    def __init__(self, reason: str, hint: str = "") -> None:
        """Keep what is said to the reader."""
        self.found = NoEstimate(reason, hint)
        super().__init__(reason)
