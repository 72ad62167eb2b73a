"""What is remembered of a local deployment between two commands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.files import unread, write_whole
from deployer.apply.local.process import Identity, is_alive
from deployer.codec import DecodeError, decode_json, encode
from deployer.errors import Failure
from deployer.release import Release

if TYPE_CHECKING:
    from deployer.apply.local.folder import Folder

FORMAT_VERSION = 1
"""The version of state.json; raised whenever an older reader would misread it."""


class StateUnreadableError(Failure):
    """The state of a deployment is damaged, or another version of deployer wrote it."""


@dataclass(frozen=True, slots=True)
class State:
    """One server: who serves, what, since when (seconds since the epoch), and how it stands.

    ``digest`` is that of the release as the profile compiled it. ``processes`` are all that were
    there when the server became ready: with them the engine is found when the supervisor is
    gone. ``key_source`` is ``file``, ``environment`` or ``none``. ``events_from`` is the byte of
    the events file at which this server's events begin. ``verified`` tells whether every promise
    was seen to hold at ``verified_at`` (0 where nobody tried). ``failure`` says why ``apply`` ended
    the server, '' where it did not. ``memory`` is what the engine said of its memory at its
    start, and how that stood beside what was reckoned.
    """

    name: str
    digest: str
    profile: str
    port: int
    created: float
    supervisor: Identity
    processes: tuple[Identity, ...]
    key_source: str
    events_from: int
    verified: bool = False
    failure: str = ""
    verified_at: float = 0.0
    memory: str = ""
    format_version: int = FORMAT_VERSION

    def known(self) -> tuple[Identity, ...]:
        """Give every process that is on record."""
        return (self.supervisor, *self.processes)

    def is_running(self) -> bool:
        """Tell whether the supervisor runs: this very one."""
        return is_alive(self.supervisor)


def read_state(folder: Folder) -> State | None:
    """Read the state; None where there is none.

    Raises :class:`StateUnreadableError` for what is damaged, Failure where nobody may read it.
    """
    text = _read(folder, "state.json")
    if text is None:
        return None
    try:
        return decode_json(State, text, FORMAT_VERSION)
    except DecodeError as error:
        raise _unreadable(folder, "state.json", str(error)) from error


def sound_state(folder: Folder) -> State | None:
    """Read the state for who needs no more of it than there is; None for a damaged one, too."""
    try:
        return read_state(folder)
    except StateUnreadableError:
        return None


def write_state(folder: Folder, state: State) -> None:
    """Write the state whole; raises Failure where that cannot be."""
    write_whole(folder.state, json.dumps(encode(state), indent=2, ensure_ascii=False) + "\n")


def read_release(folder: Folder) -> Release | None:
    """Read the release that was applied last; None where none was.

    Raises as :func:`read_state` does.
    """
    text = _read(folder, "release.json")
    try:
        return Release.from_json(text) if text is not None else None
    except DecodeError as error:
        raise _unreadable(folder, "release.json", str(error)) from error


def _read(folder: Folder, name: str) -> str | None:
    try:
        return (folder.path / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unread(error, folder.path / name) from error
    except UnicodeDecodeError as error:
        raise _unreadable(folder, name, str(error)) from error


def _unreadable(folder: Folder, name: str, reason: str) -> StateUnreadableError:
    return StateUnreadableError(
        f"the state of `{folder.name}` cannot be read: {folder.path / name}: {reason}",
        hint=f"`deployer destroy {folder.name}` ends what is left of it and removes its state",
    )
