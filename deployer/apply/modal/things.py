"""What Modal says of an app, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modal_proto import api_pb2

STATES = {
    api_pb2.APP_STATE_DEPLOYED: "deployed",
    api_pb2.APP_STATE_STOPPED: "stopped",
    api_pb2.APP_STATE_STOPPING: "stopping",
    api_pb2.APP_STATE_DISABLED: "stopped",
}


@dataclass(frozen=True, slots=True)
class AppFacts:
    """An app that is deployed, or was: its id, its state, its newest version, its name."""

    id: str
    state: str
    version: int
    deployed_at: float
    deployed_by: str
    stopped_at: float = 0.0
    name: str = ""


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """A container as Modal has it: when it was asked for, by the clock that dates versions, too.

    ``cause`` says why it ended, '' where it runs or ended as it should.
    """

    id: str
    asked_for: float
    ended: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Environments:
    """The environments of a workspace that are asked, the chosen one first.

    ``unlisted`` says why there may be others, and is empty where all of them are known.
    """

    names: tuple[str, ...]
    unlisted: str = ""


@dataclass(frozen=True, slots=True)
class ListedApp:
    """An app as a list of all of them has it; ``state`` is ``running`` for one that is ephemeral.

    ``created_at`` is in seconds since the epoch, ``containers`` how many run now.
    """

    id: str
    name: str
    environment: str
    state: str
    containers: int
    created_at: float
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One version in an app's history. ``tag`` is what it was deployed with."""

    version: int
    tag: str
    deployed_at: float
    deployed_by: str
    commit: str
    dirty: bool
    rollback_of: int
    current: bool


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What runs the server, as Modal has it: the function's definition, and its autoscaler.

    ``override`` are the settings that somebody changed by hand since the deployment.
    """

    id: str
    url: str
    definition: Any
    static: Any
    override: Any


def digest_of(entry: HistoryEntry | None, history: tuple[HistoryEntry, ...]) -> str:
    """Give the digest of a version: its tag, or that of the version that it rolled back to."""
    seen: set[int] = set()
    while entry is not None and not entry.tag and entry.rollback_of not in seen:
        seen.add(entry.version)
        entry = next((e for e in history if e.version == entry.rollback_of), None)
    return entry.tag if entry else ""


def now_kept(server: ServerFacts) -> int:
    """Give how many containers Modal's autoscaler keeps up now."""
    changed = server.override.HasField("min_containers")
    return int((server.override if changed else server.static).min_containers)
