"""Reads what a supervisor tells, while it is still writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.event import Event

if TYPE_CHECKING:
    from pathlib import Path


class EventReader:
    """Gives the events of a file from a byte on, each once and only when its line is whole.

    A line that is no event, such as what a killed supervisor left half-written, is passed over.
    """

    def __init__(self, path: Path, start: int) -> None:
        self._path = path
        self._position = start
        self._rest = b""

    def read(self) -> tuple[Event, ...]:
        """Give what has come since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                news = file.read()
        except FileNotFoundError:
            return ()
        self._position += len(news)
        *lines, self._rest = (self._rest + news).split(b"\n")
        events = (_event(line) for line in lines)
        return tuple(event for event in events if event is not None)


def size(path: Path) -> int:
    """Give the length of a file in bytes, 0 where there is none: where new events will begin."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def last_event(path: Path, start: int) -> Event | None:
    """Give the newest event from a byte on; None where there is none."""
    events = EventReader(path, start).read()
    return events[-1] if events else None


def result_of(phase: str, path: Path, start: int) -> str:
    """Give what the newest end of a phase said, from a byte on; '' where it has not ended."""
    events = EventReader(path, start).read()
    said = [each.message for each in events if (each.phase, each.state) == (phase, "done")]
    return said[-1] if said else ""


def _event(line: bytes) -> Event | None:
    try:
        return Event.from_json(line.decode())
    except ValueError:  # no JSON, no UTF-8, or no event
        return None
