"""Events as lines of a container's log, where people read them, and back again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from deployer.diagnose.boot import Boot
from deployer.event import Event
from deployer.late import compile_pattern
from deployer.serve.weights.arrived import Arrived

RecordT = TypeVar("RecordT")

_LINE = compile_pattern(
    r"deployer: (?P<phase>\w+) (?P<state>started|progress|done|failed) "
    r"after (?P<seconds>\d+\.\d) s: (?P<message>.*)"
)


def to_line(event: Event) -> str:
    """Write an event as one line; line ends in its message become spaces."""
    message = " ".join(event.message.splitlines())
    return f"deployer: {event.phase} {event.state} after {event.seconds:.1f} s: {message}"


RECORD = "deployer: record "
"""How a line begins that holds what an event carries, below the event's own."""


def record_line(event: Event) -> str:
    """Write what an event carries as a line of its own; '' where it carries nothing."""
    return f"{RECORD}{event.record}" if event.record else ""


def boot_of(line: str) -> Boot | None:
    """Read a start that a container told; None if the line holds none that can be read."""
    return _record_of(line, Boot.from_json)


def arrived_of(line: str) -> Arrived | None:
    """Read how far a container told that a file is; None if the line holds no such thing."""
    return _record_of(line, Arrived.from_json)


def _record_of(line: str, read: Callable[[str], RecordT]) -> RecordT | None:
    if not line.startswith(RECORD):
        return None
    try:
        return read(line.removeprefix(RECORD))
    except ValueError:  # another version of deployer wrote it
        return None


def from_line(line: str, time: float) -> Event | None:
    """Read a line that was written at ``time``, seconds since the epoch; None if it is no event."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return None
    seconds = float(found["seconds"])
    return Event(time, found["phase"], found["state"], found["message"], seconds)
