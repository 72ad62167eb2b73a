"""Finds out whether a deployment's own processes hold its port, before anything is said to it.

A port belongs to whoever binds it next. A key that is sent to the port of a server that has ended
is given to a stranger, so whatever carries one asks here first.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.local.family import family
from deployer.apply.local.process import is_alive
from deployer.errors import Failure
from deployer.serve.port import Answers, holders, listens_alone, name_listener, who_answers
from deployer.serve.processes import PROC

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from deployer.apply.local.folder import Folder
    from deployer.apply.local.process import Identity
    from deployer.apply.local.state import State


def objection(folder: Folder, state: State) -> str:
    """Say why an answer from the port would not be this server's; '' where it would be.

    The listener must be a process of the deployment (on record, marked, or a descendant of one)
    that runs as our user: anybody may mark a process of their own.
    """
    return _objection(state.port, _ours(folder, state))


@dataclass
class Guard:
    """Proves, before each time that a key is sent, that the server itself holds its port.

    Whom it has found is looked at first, and everybody only where that is not enough: a
    verification sends hundreds of requests, and a machine may run thousands of processes.
    """

    folder: Folder
    state: State
    _found: tuple[Identity, ...] = ()

    def __call__(self) -> None:
        """Raise :class:`Failure` unless the server itself holds its port."""
        port = self.state.port
        if all(map(is_alive, self._found)) and listens_alone(port, _pids(self._found)):
            return
        ours = _ours(self.folder, self.state)
        if why := _objection(port, ours):
            name = self.folder.name
            message = f"`{name}` was not asked, and its API key was not sent: {why}"
            hint = f"`deployer status {name}` says how it stands; `deployer apply` starts it"
            raise Failure(message, hint=hint)
        held = holders(port, _pids(ours))
        self._found = tuple(each for each in ours if each.pid in held)


def _objection(port: int, ours: Collection[Identity]) -> str:
    match who_answers(port, _pids(ours)):
        case Answers.OURS:
            return ""
        case Answers.NOBODY:
            return f"nothing listens on port {port}"
        case Answers.STRANGER:
            return f"port {port} is held by {name_listener(port)}, which is not part of it"
        case _:
            return f"this system does not tell who listens on port {port}"


def _ours(folder: Folder, state: State) -> list[Identity]:
    processes = family(folder.path, state.known())
    return [each for each in processes if _user(each.pid) == os.geteuid()]


def _pids(processes: Iterable[Identity]) -> list[int]:
    return [each.pid for each in processes]


def _user(pid: int) -> int | None:
    """Give the effective user of a process; None where it has ended or there is no ``/proc``."""
    with suppress(OSError, ValueError, StopIteration):
        lines = (PROC / str(pid) / "status").read_text(errors="replace").splitlines()
        words = next(line for line in lines if line.startswith("Uid:")).split()
        return int(words[2])
    return None
