"""What an import has to say beside the profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a note is about.

    ``left_out`` is something of the command that the profile does not say; only this makes an
    import incomplete. ``assumed`` is something that the profile says and the command does not;
    ``moved`` says where a thing went that has no flag.
    """

    LEFT_OUT = "left-out"
    ASSUMED = "assumed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to say; ``line`` is that of the script, 0 where there is none."""

    kind: Kind
    text: str
    line: int = 0
