"""Says how local deployments stand: their processes and ports are looked at, servers are asked."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from deployer.apply.local.alive import look
from deployer.apply.local.events import EventReader
from deployer.apply.local.folder import existing, folders
from deployer.apply.local.state import State, read_release, read_state
from deployer.apply.seen import NOTHING, Observed, Recorded
from deployer.errors import Failure
from deployer.serve.restarts import PHASE as RESTART

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deployer.apply.local.folder import Folder
    from deployer.event import Event
    from deployer.release import Release

HEALTH_SECONDS = 5.0
"""How long ``/health`` may take where the release that says it cannot be read."""

BEGUN = ("launch", "started")
"""The event with which a start begins."""

Condition = Literal[
    "serving", "unhealthy", "starting", "draining", "failed", "dead", "stopped", "unreadable"
]
"""``unhealthy`` says that it serves, and does not answer; ``failed`` said so, ``dead`` is gone
without a word, ``stopped`` was asked to end."""


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """How one deployment stands. ``since`` is when it was started, seconds since the epoch.

    ``observed`` is what was seen just now, ``recorded`` what an apply wrote down. ``message`` is
    the last thing that its supervisor told, or what is wrong with its state (``unreadable``; all
    but the name is then empty). ``restarts`` counts how often its engine was started again since
    the apply, after it had died or hung. ``start`` is what of its newest start took longer than its
    budget. ``memory`` is what was noted when it became ready: what
    the engine said of it, and how that stood beside what was reckoned.
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
    message: str = ""
    observed: Observed | None = None
    recorded: Recorded = NOTHING
    memory: str = ""
    restarts: int = 0
    start: tuple[str, ...] = ()
    target: ClassVar[str] = "local"


def status(
    name: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    now: Callable[[], float] = time.time,
) -> tuple[LocalStatus, ...]:
    """Say how one deployment or every one stands; NotThere for a name that there is not.

    Each server that runs, and has not said that it ends, is asked for ``/health``: it takes no key.
    """
    chosen = folders(environ) if name is None else (existing(name, environ),)
    found = (_status(folder, now) for folder in chosen)
    return tuple(one for one in found if one is not None)


def _status(folder: Folder, now: Callable[[], float]) -> LocalStatus | None:
    try:
        state, release = read_state(folder), read_release(folder)
    except Failure as error:
        return LocalStatus(folder.name, "unreadable", message=error.message)
    if state is None:  # removed a moment ago
        return None
    events = EventReader(folder.events, state.events_from).read()
    event = events[-1] if events else None
    condition, seen = _seen(folder, state, release, event, now)
    return LocalStatus(
        name=folder.name,
        state=condition,
        url=f"http://127.0.0.1:{state.port}",
        pid=state.supervisor.pid,
        since=state.created,
        digest=state.digest,
        model=release.model.served_name if release else "",
        engine=f"{release.engine.name} {release.engine.version}" if release else "",
        profile=state.profile,
        message=state.failure or (event.message if event else ""),
        observed=Observed(now(), seen),
        recorded=Recorded(state.created, state.verified, state.verified_at),
        memory=state.memory,
        restarts=sum(each.phase == RESTART for each in events),
        start=_late(events),
    )


def _late(events: Sequence[Event]) -> tuple[str, ...]:
    """Give what the newest start told of what took longer than its budget."""
    begun = [at for at, each in enumerate(events) if (each.phase, each.state) == BEGUN]
    newest = events[begun[-1] :] if begun else events
    return tuple(
        each.message for each in newest if (each.phase, each.state) == ("boot", "progress")
    )


def _seen(
    folder: Folder,
    state: State,
    release: Release | None,
    event: Event | None,
    now: Callable[[], float],
) -> tuple[Condition, str]:
    """Look how a server stands, and say what was seen."""
    condition = condition_of(state, event)
    if condition not in {"serving", "starting"}:
        runs = "runs" if state.is_running() else "does not run"
        return condition, f"its supervisor {runs}"
    timeout = release.lifecycle.health_timeout if release else HEALTH_SECONDS
    alive = look(folder, state, timeout, now)
    if condition == "starting":  # as far as it told: a full disk takes its later words
        return (condition, "its supervisor runs") if alive.trouble else ("serving", alive.seen)
    return ("unhealthy", alive.trouble) if alive.trouble else (condition, alive.seen)


def condition_of(state: State, event: Event | None) -> Condition:
    """Say how a server stands by its processes and its last word; it is not asked."""
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
