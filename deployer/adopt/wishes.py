"""What the author of an import says beside the command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the author of an import says beside the command.

    ``answers`` are values by their path in the profile, ``variables`` those that a script takes
    from where it runs; ``take`` says which of several launches, from 1.
    """

    name: str = ""
    gpu: str = ""
    count: int | None = None
    target: str = "modal"
    release: str = ""
    answers: tuple[tuple[str, Any], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    take: int = 1
