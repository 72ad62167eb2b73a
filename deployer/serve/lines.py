"""Events as lines of a container's log, where people read them, and back again."""

from __future__ import annotations

import re

from deployer.event import Event

_LINE = re.compile(
    r"deployer: (?P<phase>\w+) (?P<state>started|progress|done|failed) "
    r"after (?P<seconds>\d+\.\d) s: (?P<message>.*)"
)


def to_line(event: Event) -> str:
    """Write an event as one line; line ends in its message become spaces."""
    message = " ".join(event.message.splitlines())
    return f"deployer: {event.phase} {event.state} after {event.seconds:.1f} s: {message}"


def from_line(line: str, time: float) -> Event | None:
    """Read a line that was written at ``time``, seconds since the epoch; None if it is no event."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return None
    seconds = float(found["seconds"])
    return Event(time, found["phase"], found["state"], found["message"], seconds)
