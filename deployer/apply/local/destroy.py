"""Takes a local deployment away: its processes, its port, and its folder."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.files import writing_in
from deployer.apply.local.ending import Ending, end
from deployer.apply.local.family import family
from deployer.apply.local.folder import folder_of
from deployer.apply.local.interrupts import Interrupts
from deployer.apply.local.lock import locked
from deployer.apply.local.parts import DEFAULT_PARTS, Parts
from deployer.apply.local.state import State, StateUnreadableError, read_release, read_state
from deployer.apply.phases import Phases
from deployer.apply.unseen import not_there
from deployer.errors import Failure, Interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.apply.local.folder import Folder
    from deployer.apply.phases import OnEvent

_FALLBACK_DRAIN = 30.0  # seconds, where the release that says it cannot be read


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What became of a destroy.

    ``killed`` counts the processes that did not end by themselves. ``message`` says it in words.
    """

    name: str
    killed: int
    message: str


def destroy(
    name: str,
    *,
    on_event: OnEvent,
    environ: Mapping[str, str] = os.environ,
    parts: Parts = DEFAULT_PARTS,
) -> Destroyed:
    """End the server, whatever is on record about it, and remove its folder, key and logs too.

    Requests in flight get the drain budget of the release. May be called again, and for a
    deployment whose state is damaged. Raises NotThere where there is nothing to take away, Failure
    where something cannot be ended or removed, UsageError for what is no name,
    :class:`Interrupted` after Ctrl-C.
    """
    folder = folder_of(name, environ)
    if not is_anything_left(name, environ):
        raise not_there(
            name, "on record on this machine", hint="`deployer status` shows what there is"
        )
    try:
        with Interrupts() as interrupts, locked(folder, "destroy"):
            phases = Phases(on_event, parts)
            killed = _end_server(folder, phases, parts)
            with interrupts.held(), phases.phase("remove", f"{folder.path}"):
                _remove(folder)
    except KeyboardInterrupt:
        message = f"interrupted: `{name}` may be draining still"
        raise Interrupted(message, hint=f"`deployer destroy {name}` carries on") from None
    message = f"`{name}` is gone, with its key and its logs"
    if killed:
        message += f"; {killed} of its processes had to be killed"
    return Destroyed(name, killed, message)


def is_anything_left(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether anything of a deployment is left to end or to remove.

    Raises UsageError for what is no name.
    """
    folder = folder_of(name, environ)
    return _is_there(folder) or bool(family(folder.path, ()))


def _is_there(folder: Folder) -> bool:
    """Tell whether anything is on record; the lock alone is what a failed first apply leaves."""
    try:
        return any(entry != folder.lock for entry in folder.path.iterdir())
    except FileNotFoundError:
        return False
    except NotADirectoryError as error:
        message = f"{folder.path} is not a folder"
        raise Failure(message, hint="deployer did not make it: look what it is") from error


def _end_server(folder: Folder, phases: Phases, parts: Parts) -> int:
    state, budget = _on_record(folder)
    known = state.known() if state else ()
    if not family(folder.path, known):
        return 0
    ending = Ending(folder, state.supervisor if state else None, known)
    with phases.phase("drain", "requests in flight may finish") as phase:
        killed = end(ending, budget, parts, progress=phase.progress)
        phase.result = "no process is left"
    return killed


def _on_record(folder: Folder) -> tuple[State | None, float]:
    """Give what can be read of the state, and the drain budget in seconds."""
    state: State | None = None
    budget = _FALLBACK_DRAIN
    with contextlib.suppress(StateUnreadableError):
        state = read_state(folder)
    with contextlib.suppress(StateUnreadableError):
        if release := read_release(folder):
            budget = release.lifecycle.drain
    return state, budget


def _remove(folder: Folder) -> None:
    # Renamed first: an apply that begins meanwhile gets a folder of its own.
    gone = folder.path.with_name(f".{folder.name}.{os.getpid()}")
    with writing_in(folder.path):
        folder.path.rename(gone)
        shutil.rmtree(gone)
