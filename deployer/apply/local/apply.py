"""Carries out a release on this machine: one server, supervised, verified, and on record."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.local.ending import Ending, end, kill
from deployer.apply.local.family import family
from deployer.apply.local.folder import folder_of
from deployer.apply.local.interrupts import Interrupts
from deployer.apply.local.key import choose_key
from deployer.apply.local.launch import Proof, launch, verify
from deployer.apply.local.lock import locked, port_locked
from deployer.apply.local.parts import DEFAULT_PARTS, Parts
from deployer.apply.local.prepare import prepare_engine, prepare_model
from deployer.apply.local.standing import Outcome, Standing, compare, refuse_foreign_port
from deployer.apply.local.state import StateUnreadableError, read_release, read_state
from deployer.apply.local.task import ConfirmInstall, Task
from deployer.apply.local.turn import closed_for, obstacle, turn
from deployer.apply.phases import Phases, PhaseTime
from deployer.apply.seen import NOTHING, Observed, Recorded
from deployer.errors import DeployerError, Failure, Interrupted, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from deployer.apply.local.folder import Folder
    from deployer.apply.phases import OnEvent
    from deployer.release import Release
    from deployer.verify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply came to.

    ``reason`` says why it came to this ``outcome``. ``key_file`` is None where the key came from
    the environment or there is none. ``verified`` tells whether every promise holds; ``verdicts``
    and ``sample`` are empty where nothing had to be verified anew: ``observed`` is then what was
    seen of the server now, and ``recorded`` what an earlier apply wrote down. ``memory`` is what
    the engine said of its memory at its start, beside what was reckoned.
    """

    name: str
    outcome: Outcome
    reason: str
    url: str
    key_file: Path | None
    folder: Path
    verified: bool
    verdicts: tuple[Verdict, ...]
    sample: str
    phases: tuple[PhaseTime, ...]
    observed: Observed | None = None
    recorded: Recorded = NOTHING
    memory: str = ""


def apply(  # noqa: PLR0913 - what a caller may decide, each by its name
    release: Release,
    *,
    profile_path: str,
    on_event: OnEvent,
    confirm_install: ConfirmInstall,
    agree: Callable[[], None] = lambda: None,
    environ: Mapping[str, str] = os.environ,
    parts: Parts = DEFAULT_PARTS,
) -> Applied:
    """Make this machine serve ``release``, and nothing else under its name.

    ``agree`` is called once nobody else can apply: it raises where what is there must stay.
    ``on_event`` is told every phase: ``compare``, ``engine``, ``model``, ``drain`` (of the
    server that is replaced), the supervisor's ``launch``, ``load`` and ``warmup``, ``verify``.

    Raises :class:`Failure` where that cannot be, :class:`Interrupted` after Ctrl-C, SIGTERM or
    SIGHUP. Either way, what this apply had started is ended, and its logs are kept.
    """
    if release.target != "local":
        message = f"the release `{release.name}` is for the target {release.target}, not local"
        raise UsageError(message)
    folder = folder_of(release.name, environ)
    try:
        with Interrupts() as interrupts, locked(folder, "apply"):
            agree()
            task = Task(
                release=release,
                profile_path=profile_path,
                folder=folder,
                key=choose_key(folder, release.listen.api_key_variable, environ),
                environ=environ,
                confirm_install=confirm_install,
                phases=Phases(on_event, parts),
                interrupts=interrupts,
                parts=parts,
            )
            return _apply(task)
    except KeyboardInterrupt:
        raise _interrupted(folder, stopped=False) from None


def _apply(task: Task) -> Applied:
    with task.phases.phase("compare", "what is served here now") as phase:
        standing = compare(task)
        phase.result = standing.reason
    if standing.outcome == "unchanged":
        return _leave(task, standing)
    try:
        with port_locked(task.folder.name, task.release.listen.port, task.environ):
            refuse_foreign_port(task, standing.state)
            engine = prepare_engine(task)
            filled = prepare_model(task)
            if why := obstacle(task, standing):
                _stop_old(task, standing, why)
                proof = launch(task, engine, filled)
            else:
                proof = turn(task, engine, filled, standing)
    except KeyboardInterrupt:
        raise _interrupted(task.folder, stopped=standing.is_over()) from None
    except DeployerError as error:
        if not standing.is_over():
            raise
        message = f"{error.message}; the server that ran before had already been stopped"
        raise Failure(message, hint=error.hint) from error
    return _applied(task, standing, proof)


def _leave(task: Task, standing: Standing) -> Applied:
    """Leave a healthy server alone; what an earlier apply could not verify is verified now."""
    if standing.state is None or standing.state.verified:
        return _applied(task, standing, None)
    return _applied(task, standing, verify(task, standing.state))


def _stop_old(task: Task, standing: Standing, why: str) -> None:
    """End what runs under this name, if anything does; ``why`` it cannot wait for the new one."""
    known = standing.state.known() if standing.state else ()
    if not family(task.folder.path, known):
        return
    supervisor = standing.state.supervisor if standing.state else None
    with task.phases.phase("drain", closed_for(task, why)) as phase:
        try:
            ending = Ending(task.folder, supervisor, known)
            end(ending, _drain_budget(task), task.parts, progress=phase.progress)
        except KeyboardInterrupt:  # it has been told to end: half-way is no place to leave it
            kill(task.folder, known, task.parts)
            raise
        phase.result = "no process of it is left"


def _drain_budget(task: Task) -> float:
    try:
        old = read_release(task.folder)
    except StateUnreadableError:
        old = None
    return (old or task.release).lifecycle.drain


def _applied(task: Task, standing: Standing, proof: Proof | None) -> Applied:
    # Not proof: an unchanged server that an earlier apply has verified.
    verdicts = proof.verdicts if proof else ()
    old = standing.state if proof is None else None
    now = old or read_state(task.folder)
    return Applied(
        name=task.folder.name,
        outcome=standing.outcome,
        reason=standing.reason,
        url=task.url,
        key_file=task.folder.key if task.key.source == "file" else None,
        folder=task.folder.path,
        verified=proof.verified if proof else True,
        verdicts=verdicts,
        sample=proof.sample if proof else "",
        phases=task.phases.times(),
        observed=Observed(task.parts.now(), standing.seen) if old else None,
        recorded=Recorded(old.created, old.verified, old.verified_at) if old else NOTHING,
        memory=now.memory if now else "",
    )


def _interrupted(folder: Folder, *, stopped: bool) -> Interrupted:
    message = f"interrupted: what this apply of `{folder.name}` had started is ended"
    if stopped:
        message += ", and so is the server that ran before"
    return Interrupted(message, hint=f"logs, if the engine got so far: {folder.engine_log}")
