"""Says how local deployments stand, from what is on record; asks nobody, changes nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deployer.apply.local.events import last_event
from deployer.apply.local.folder import existing, folders
from deployer.apply.local.state import State, StateUnreadableError, read_release, read_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.apply.local.folder import Folder
    from deployer.event import Event

Condition = Literal["serving", "starting", "draining", "failed", "dead", "stopped", "unreadable"]
"""``failed`` said so, ``dead`` is gone without a word, ``stopped`` was asked to end."""


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """How one deployment stands. ``since`` is when it was started, seconds since the epoch.

    ``message`` is the last thing that its supervisor told, or what is wrong with its state
    (``unreadable``; all but the name is then empty). ``verified`` tells whether every promise of
    the profile was seen to hold when it was applied.
    """

    name: str
    state: Condition
    url: str = ""
    pid: int = 0
    since: float = 0.0
    digest: str = ""
    model: str = ""
    engine: str = ""
    profile: str = ""
    verified: bool = False
    message: str = ""


def status(
    name: str | None = None, *, environ: Mapping[str, str] = os.environ
) -> tuple[LocalStatus, ...]:
    """Say how one deployment or every one stands; UsageError for a name that there is not."""
    chosen = folders(environ) if name is None else (existing(name, environ),)
    return tuple(found for found in map(_status, chosen) if found is not None)


def _status(folder: Folder) -> LocalStatus | None:
    try:
        state, release = read_state(folder), read_release(folder)
    except StateUnreadableError as error:
        return LocalStatus(folder.name, "unreadable", message=error.message)
    if state is None:  # removed a moment ago
        return None
    event = last_event(folder.events, state.events_from)
    return LocalStatus(
        name=folder.name,
        state=_condition(state, event),
        url=f"http://127.0.0.1:{state.port}",
        pid=state.supervisor.pid,
        since=state.created,
        digest=state.digest,
        model=release.model.served_name if release else "",
        engine=f"{release.engine.name} {release.engine.version}" if release else "",
        profile=state.profile,
        verified=state.verified,
        message=state.failure or (event.message if event else ""),
    )


def _condition(state: State, event: Event | None) -> Condition:
    phase = event.phase if event else ""
    ended_badly = event is not None and (phase, event.state) == ("ended", "failed")
    if not state.is_running():
        if state.failure or ended_badly:
            return "failed"
        return "stopped" if phase == "ended" else "dead"
    if ended_badly:
        return "failed"
    if phase in {"drain", "ended"}:
        return "draining"
    return "serving" if phase == "serving" else "starting"
