"""The whole log of a local deployment, and whether it came to an end that nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from deployer.apply.local.events import last_event
from deployer.apply.local.folder import existing
from deployer.apply.local.state import sound_state
from deployer.apply.local.status import condition_of
from deployer.apply.target import Log
from deployer.errors import Failure
from deployer.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.apply.local.folder import Folder

_BLOCK = 1024 * 1024


def whole_log(name: str, environ: Mapping[str, str]) -> Log:
    """Give all that is kept of a log, also of before its last rotation.

    Raises NotThere, with a near name, for no such deployment, and Failure where there is no log.
    """
    folder = existing(name, environ)
    log = folder.engine_log
    paths = [path for path in (log.with_name(f"{log.name}.1"), log) if path.exists()]
    if not paths:
        message = f"there is no engine log of `{folder.name}`: {log} is not there"
        raise Failure(message, hint=f"`deployer status {folder.name}` says how it stands")
    return Log(f"the log of {visible(name)}", _blocks(paths), _end(folder))


def _end(folder: Folder) -> str:
    """Say how a server ended that was not asked to: its processes are looked at, not its log."""
    state = sound_state(folder)
    last = last_event(folder.events, state.events_from if state else 0)
    if last is not None and (last.phase, last.state) == ("ended", "failed"):
        return last.message
    if state is None or condition_of(state, last) not in {"failed", "dead"}:
        return ""
    return state.failure or "its supervisor does not run, and told of no end"


def _blocks(paths: list[Path]) -> Iterator[bytes]:
    for path in paths:
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    yield block
        except OSError as error:
            message = f"{path}: {error.strerror or error}"
            raise Failure(message) from error
