"""The starts of a local deployment, as its supervisors told them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.apply.local.events import EventReader
from deployer.diagnose.boot import Boot

if TYPE_CHECKING:
    from pathlib import Path


def boots(events: Path) -> tuple[Boot, ...]:
    """Read every start that came to serving, oldest first."""
    found = []
    for event in EventReader(events, 0).read():
        if event.phase == "boot" and event.record:
            with suppress(ValueError):  # another version of deployer wrote it
                found.append(Boot.from_json(event.record))
    return tuple(found)
