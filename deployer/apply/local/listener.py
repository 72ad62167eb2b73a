"""Finds out whether a deployment's own processes hold its port, before anything is said to it.

A port belongs to whoever binds it next. A key that is sent to the port of a server that has ended
is given to a stranger, so whatever carries one asks here first.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.apply.local.family import family
from deployer.errors import Failure
from deployer.serve.port import Answers, name_listener, who_answers
from deployer.serve.processes import PROC

if TYPE_CHECKING:
    from deployer.apply.local.folder import Folder
    from deployer.apply.local.state import State


def objection(folder: Folder, state: State) -> str:
    """Say why an answer from the port would not be this server's; '' where it would be.

    The listener must be a process of the deployment (on record, marked, or a descendant of one)
    that runs as our user: anybody may mark a process of their own.
    """
    match who_answers(state.port, _ours(folder, state)):
        case Answers.OURS:
            return ""
        case Answers.NOBODY:
            return f"nothing listens on port {state.port}"
        case Answers.STRANGER:
            return (
                f"port {state.port} is held by {name_listener(state.port)}, which is not part of it"
            )
        case _:
            return f"this system does not tell who listens on port {state.port}"


def prove_ours(folder: Folder, state: State) -> None:
    """Raise :class:`Failure`, before a key is sent, unless the server itself holds its port."""
    if why := objection(folder, state):
        message = f"`{folder.name}` was not asked, and its API key was not sent: {why}"
        hint = f"`deployer status {folder.name}` says how it stands; `deployer apply` starts it"
        raise Failure(message, hint=hint)


def _ours(folder: Folder, state: State) -> list[int]:
    processes = family(folder.path, state.known())
    return [each.pid for each in processes if _user(each.pid) == os.geteuid()]


def _user(pid: int) -> int | None:
    """Give the effective user of a process; None where it has ended or there is no ``/proc``."""
    with suppress(OSError, ValueError, StopIteration):
        lines = (PROC / str(pid) / "status").read_text(errors="replace").splitlines()
        words = next(line for line in lines if line.startswith("Uid:")).split()
        return int(words[2])
    return None
