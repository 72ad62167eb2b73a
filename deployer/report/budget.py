"""A text from pieces that fits into a limit: what matters least is left out first, and said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

RESERVED = 400
"""Bytes that are kept for the line that says what was left out, and for an alarm."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. Those of the highest ``order`` go first; None must stay.

    ``label`` is what it is called when it is left out, in singular and plural; '' is not counted.
    """

    text: str
    order: tuple[int, ...] | None = None
    label: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Alarm:
    """What stands behind the first piece where one of a label is missing; ``{}`` is how many."""

    label: tuple[str, str]
    text: str


def fitted(pieces: Iterable[Piece], limit: int, left_out: str, alarm: Alarm | None = None) -> str:
    """Join the pieces, without the least important ones if they exceed ``limit`` bytes of UTF-8.

    ``left_out`` is the line that then ends the text, with ``{}`` for what is missing.
    """
    pieces = list(pieces)
    over = sum(map(_size, pieces)) - limit
    if over <= 0:
        return "".join(piece.text for piece in pieces)
    dropped: set[int] = set()
    over += RESERVED if alarm is None else 2 * RESERVED
    droppable = [at for at, piece in enumerate(pieces) if piece.order is not None]
    for at in sorted(droppable, key=lambda at: pieces[at].order or (), reverse=True):
        if over <= 0:
            break
        dropped.add(at)
        over -= _size(pieces[at])
    kept = [piece.text for at, piece in enumerate(pieces) if at not in dropped]
    if alarm is not None and (lost := sum(pieces[at].label == alarm.label for at in dropped)):
        kept.insert(1, alarm.text.format(lost))
    return "".join(kept) + left_out.format(_counted(pieces[at] for at in sorted(dropped)))


def _size(piece: Piece) -> int:
    return len(piece.text.encode())


def _counted(pieces: Iterable[Piece]) -> str:
    counts = Counter(piece.label for piece in pieces if piece.label[0])
    return ", ".join(
        f"{number} {one if number == 1 else many}" for (one, many), number in counts.items()
    )
