"""From nothing to a verified server; on any trouble on the way, back to nothing."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

from deployer.apply.files import write_whole
from deployer.apply.local.boots import boots
from deployer.apply.local.early import Early
from deployer.apply.local.ending import Ending, end
from deployer.apply.local.environment import supervisor_environment
from deployer.apply.local.events import result_of
from deployer.apply.local.family import family
from deployer.apply.local.key import keep_key
from deployer.apply.local.listener import Guard
from deployer.apply.local.state import State, read_state, write_state
from deployer.apply.local.supervisor import Supervisor, start
from deployer.diagnose.boot import slower
from deployer.diagnose.words import slow
from deployer.errors import DeployerError, Failure
from deployer.event import Event
from deployer.fit.beside import beside
from deployer.serve.memory import heard, of_each

if TYPE_CHECKING:
    from deployer.apply.local.task import Task
    from deployer.apply.phases import Phase
    from deployer.engine.environment import EngineEnvironment
    from deployer.release import Release
    from deployer.verify.endpoint import Endpoint
    from deployer.verify.verdict import Verdict


@dataclasses.dataclass(frozen=True, slots=True)
class Proof:
    """What was seen of a live server: every probe's verdict, and an answer to show."""

    verified: bool
    verdicts: tuple[Verdict, ...]
    sample: str


def launch(task: Task, engine: EngineEnvironment, filled: Release) -> Proof:
    """Start a server, wait until it is ready, and verify it; it then outlives this process.

    A broken promise does not end the server: whoever wants to know why can ask it. Anything else
    that goes wrong, Ctrl-C included, does; the logs stay for reading.
    """
    server: Supervisor | None = None
    try:
        # Between its birth and its name on record, nobody could find the process again.
        with task.interrupts.held():
            server = _start(task, engine, filled)
            state = _record(task, server)
        early = Early(task.release.listen.port, task.phases.forward)
        server.wait_until_ready(filled.lifecycle, len(filled.warmup), early, task.parts)
        _tell_slow(task)
        processes = family(task.folder.path, [server.identity])
        state = dataclasses.replace(
            state,
            processes=tuple(sorted(processes, key=lambda i: i.pid)),
            memory=reckon(task, result_of("memory", task.folder.events, server.events_from)),
        )
        write_state(task.folder, state)
        proof = verify(task, state, early.verdicts())
        server.refuse_ended(task.phases.forward, task.parts)
        task.interrupts.hush()  # it is done: a Ctrl-C from here on comes too late
    except BaseException as error:
        try:
            task.interrupts.hush()
        finally:  # also when the one interrupt comes between the last line and this one
            if server is not None:
                _give_up(task, server, error)
        raise
    server.let_go()
    return proof


def _tell_slow(task: Task) -> None:
    """Tell what of this start took clearly longer than at those before it."""
    found = boots(task.folder.events)
    for each in slower(found[-1], found[:-1]) if found else ():
        event = Event(task.parts.now(), "boot", "progress", slow(each), each.seconds)
        task.phases.forward(event)


def reckon(task: Task, said: str) -> str:
    """Hold what the engine said of its memory against what was reckoned; gives both, in words."""
    with task.phases.phase("reckon", "what was reckoned of its memory") as phase:
        held = heard(said)
        phase.result = beside(task.release, *of_each(held))
    return f"{said}; {phase.result}"


def verify(task: Task, state: State, before: tuple[Verdict, ...] = ()) -> Proof:
    """Probe the live server and put on record whether every promise holds.

    ``before`` is what was seen of them while it started.
    """
    from deployer.verify.verdict import all_hold  # noqa: PLC0415 - brings the probes' package

    with task.phases.phase("verify", "every promise of the profile is tried") as phase:
        endpoint = _endpoint(task, state)
        verdicts = before + task.parts.verify(
            endpoint, lambda verdict: phase.progress(f"{verdict.probe}: {verdict.outcome}")
        )
        verified = all_hold(verdicts)
        sample = _sample(task, endpoint, phase) if verified else ""
        broken = [verdict.probe for verdict in verdicts if verdict.outcome == "failed"]
        phase.end = "done" if verified else "failed"
        phase.result = f"broken: {', '.join(broken)}" if broken else f"{len(verdicts)} probes"
    tried = dataclasses.replace(state, verified=verified, verified_at=task.parts.now())
    write_state(task.folder, tried)
    return Proof(verified, verdicts, sample)


def _endpoint(task: Task, state: State) -> Endpoint:
    """Give the way to the server, with a guard that nobody else is given the key."""
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - as above

    guard = Guard(task.folder, state)
    return Endpoint.from_release(task.release, task.url, task.key.value or None, guard)


def _sample(task: Task, endpoint: Endpoint, phase: Phase) -> str:
    try:
        return task.parts.sample(endpoint)
    except Failure as failure:  # the promises hold all the same
        phase.progress(failure.message)
        return ""


def _start(task: Task, engine: EngineEnvironment, filled: Release) -> Supervisor:
    keep(task, filled)
    environment = environment_for(task, engine)
    return start(task.parts.supervisor, task.folder, environment, task.release.digest())


def keep(task: Task, filled: Release) -> None:
    """Write down what is served now, and its key."""
    keep_key(task.folder, task.key)
    write_whole(task.folder.release, task.release.to_json())
    write_whole(task.folder.supervised, filled.to_json())


def environment_for(task: Task, engine: EngineEnvironment) -> dict[str, str]:
    """Give the environment in which the task's engine is to run."""
    return supervisor_environment(
        task.environ,
        engine=engine.root,
        folder=task.folder.path,
        variable=task.release.listen.api_key_variable,
        key=task.key.value,
    )


def _record(task: Task, server: Supervisor) -> State:
    state = State(
        name=task.folder.name,
        digest=task.release.digest(),
        profile=task.profile_path,
        port=task.release.listen.port,
        created=task.parts.now(),
        supervisor=server.identity,
        processes=(),
        key_source=task.key.source,
        events_from=server.events_from,
    )
    write_state(task.folder, state)
    return state


def _give_up(task: Task, server: Supervisor, error: BaseException) -> None:
    """End what was started; nobody's requests are in flight, so nothing has to drain."""
    ending = Ending(task.folder, server.identity, (server.identity,))
    try:
        end(ending, 0.0, task.parts, hurried=lambda: task.interrupts.hurried)
    finally:
        server.let_go()
        _put_on_record(task, server, error)


def _put_on_record(task: Task, server: Supervisor, error: BaseException) -> None:
    failure = f"apply failed: {type(error).__name__}"  # what else it says may hold a secret
    if isinstance(error, DeployerError):
        failure = error.message
    elif isinstance(error, KeyboardInterrupt):
        failure = "apply was interrupted"
    # Where the disk is full this cannot be written either; the process is gone all the same.
    with contextlib.suppress(DeployerError):
        state = read_state(task.folder)
        if state is not None and state.supervisor == server.identity:
            write_state(task.folder, dataclasses.replace(state, failure=failure))
