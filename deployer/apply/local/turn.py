"""A changed release takes the place of the one that serves, behind the same door.

The supervisor that runs is asked to do it. It starts the new engine beside the old one where memory
allows, proves it, and lets the door turn; until then nothing has changed for anybody.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
from typing import TYPE_CHECKING, Any

from deployer.apply.local.boots import boots
from deployer.apply.local.events import last_event, result_of, size
from deployer.apply.local.family import family
from deployer.apply.local.launch import Proof, environment_for, keep, reckon, verify
from deployer.apply.local.room import no_room
from deployer.apply.local.state import State, read_release, write_state
from deployer.codec import DecodeError, decode, read_json
from deployer.errors import Failure
from deployer.event import Event
from deployer.serve.control import address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.apply.local.standing import Standing
    from deployer.apply.local.task import Task
    from deployer.engine.environment import EngineEnvironment
    from deployer.release import Release


def obstacle(task: Task, standing: Standing) -> str:
    """Say why the old engine has to end before the new one starts; '' where it need not."""
    state = standing.state
    if standing.outcome != "replaced" or state is None or not state.is_running():
        return "it does not serve"
    old = read_release(task.folder)
    where = task.release.listen
    if old is None or (old.listen.host, old.listen.port) != (where.host, where.port):
        return "it listens elsewhere"
    event = last_event(task.folder.events, state.events_from)
    if event is None or event.phase != "serving":
        return "it does not serve"
    with contextlib.suppress(OSError), _connected(task):
        ours = family(task.folder.path, state.known())
        return no_room([each.pid for each in ours], task.release.hardware.gpu)
    return "its supervisor cannot be asked"


def closed_for(task: Task, why: str) -> str:
    """Say for how long nobody is answered where the old engine ends first."""
    found = boots(task.folder.events)
    took = f"about {found[-1].seconds:.0f} s at its last start" if found else "as a start takes"
    return f"the server that runs now is stopped first: {why}; closed for its start, {took}"


def turn(task: Task, engine: EngineEnvironment, filled: Release, standing: Standing) -> Proof:
    """Let the new engine take the old one's place; raises Failure where it did not come to that.

    The old one then serves as before. Whoever is interrupted before the turn leaves it so, too.
    """
    if standing.state is None:  # pragma: no cover - `obstacle` has looked
        msg = "there is nothing to take the place of"
        raise Failure(msg)
    events_from = size(task.folder.events)
    asked = {
        "do": "turn",
        "release": filled.to_json(),
        "digest": task.release.digest(),
        "environ": environment_for(task, engine),
    }
    with _connected(task) as connection:
        answers = _answers(connection, asked)
        _until_turned(task, answers)
        with task.interrupts.held():
            state = _record(task, filled, standing.state, events_from)
        proof = verify(task, state)
        _until_ended(task, answers)
    return proof


@contextlib.contextmanager
def _connected(task: Task) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection, address(task.folder.path) as where:
        connection.connect(where)
        yield connection


def _answers(connection: socket.socket, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Ask, and give what the supervisor answers, one by one, until it says no more."""
    connection.sendall(f"{json.dumps(asked)}\n".encode())
    with connection.makefile("rb") as lines:
        for line in lines:
            with contextlib.suppress(DecodeError):
                yield read_json(line)


def _until_turned(task: Task, answers: Iterator[dict[str, Any]]) -> None:
    for said in answers:
        if "event" in said:
            task.phases.forward(decode(Event, said["event"]))
        if "turned" in said:
            return
        if why := said.get("failed") or said.get("refused"):
            message = f"the new engine did not take over, and the old one serves on: {why}"
            raise Failure(message, hint=said.get("hint", ""))
    message = "the supervisor ended before the new engine had taken over"
    raise Failure(message)


def _record(task: Task, filled: Release, old: State, events_from: int) -> State:
    keep(task, filled)
    processes = family(task.folder.path, [old.supervisor])
    state = dataclasses.replace(
        old,
        digest=task.release.digest(),
        profile=task.profile_path,
        created=task.parts.now(),
        processes=tuple(sorted(processes, key=lambda each: each.pid)),
        key_source=task.key.source,
        memory=reckon(task, result_of("memory", task.folder.events, events_from)),
        events_from=events_from,
        verified=False,
        verified_at=0.0,
        failure="",
    )
    write_state(task.folder, state)
    return state


def _until_ended(task: Task, answers: Iterator[dict[str, Any]]) -> None:
    with task.phases.phase("drain", "what is in flight at the engine before") as phase:
        for said in answers:
            if "ended" in said:
                phase.result = str(said["ended"])
                return
        phase.result = "its supervisor has ended, and it with it"
