"""What an import has to say beside the profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a note is about.

    ``todo`` is a question that only the author can answer: the profile says nothing there.
    ``left_out`` is something of the source that the profile does not say, and that no answer would
    put there. These two make an import incomplete. ``refused`` is what `check` does not let pass in
    what the source says, so that only its author can mend it. ``assumed`` is something that the
    profile says and the source does not; ``moved`` says where a thing went that has no flag.
    """

    TODO = "todo"
    LEFT_OUT = "left-out"
    REFUSED = "refused"
    ASSUMED = "assumed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to say; ``line`` is that of the script, 0 where there is none.

    ``path`` is the key of the profile that a question is about.
    """

    kind: Kind
    text: str
    line: int = 0
    path: str = ""
