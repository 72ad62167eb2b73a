"""What the author of an import says beside the command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the author of an import says beside the command."""

    name: str = ""
    gpu: str = ""
    count: int | None = None
    target: str = "modal"
    release: str = ""
