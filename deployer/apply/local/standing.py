"""Compares what is to run with what runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deployer.apply.local.alive import ask
from deployer.apply.local.events import last_event
from deployer.apply.local.family import family
from deployer.apply.local.folder import folders
from deployer.apply.local.state import State, read_state
from deployer.errors import Failure
from deployer.serve.listener import check_free
from deployer.serve.port import Answers, who_answers

if TYPE_CHECKING:
    from deployer.apply.local.folder import Folder
    from deployer.apply.local.task import Task

Outcome = Literal["created", "replaced", "restarted", "unchanged"]
"""``restarted`` is the same release once more, because it had ended or did not answer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record before an apply, what the apply will come to, and why.

    ``seen`` says what was seen of a server that is left alone.
    """

    state: State | None
    outcome: Outcome
    reason: str
    running: bool
    seen: str = ""

    def is_over(self) -> bool:
        """Tell whether the server that ran when this was written down has been stopped."""
        return self.running and self.state is not None and not self.state.is_running()


def compare(task: Task) -> Standing:
    """Say what this apply will come to. Raises Failure for a state that cannot be read."""
    state = read_state(task.folder)
    if state is None:
        reason = "nothing is deployed under this name yet"
        return Standing(None, "created", reason, running=False)
    running = state.is_running()
    outcome, reason, seen = _outcome(task, state, running=running)
    return Standing(state, outcome, reason, running, seen)


def _outcome(task: Task, state: State, *, running: bool) -> tuple[Outcome, str, str]:
    same = state.digest == task.release.digest()
    if not running:
        reason = f"the server has ended: {why(task.folder, state)}"
        return ("restarted" if same else "created"), reason, ""
    if not same:
        return "replaced", "the release has changed", ""
    alive = ask(task.folder, state, task.release, task.key.value, task.parts)
    if alive.trouble:
        return "restarted", f"the server runs, but {alive.trouble}", ""
    return "unchanged", "this very release is being served", alive.seen


def why(folder: Folder, state: State) -> str:
    """Say why a server has ended, as far as anything on record tells."""
    if state.failure:
        return state.failure
    event = last_event(folder.events, state.events_from)
    if event is None or event.phase != "ended":
        return "it was killed"
    return event.message or event.state


def refuse_foreign_port(task: Task, state: State | None) -> None:
    """Raise Failure where someone other than the server to be replaced has the port."""
    listen = task.release.listen
    for folder in folders(task.environ):
        if folder.name != task.folder.name and _has_port(folder, listen.port):
            message = f"port {listen.port} belongs to the local deployment `{folder.name}`"
            hint = f"`deployer destroy {folder.name}`, or write another port at `serving.port`"
            raise Failure(message, hint=hint)
    try:
        check_free(listen)
    except Failure:
        ours = family(task.folder.path, state.known() if state else ())
        if who_answers(listen.port, [each.pid for each in ours]) is not Answers.OURS:
            raise


def _has_port(folder: Folder, port: int) -> bool:
    try:
        state = read_state(folder)
    except Failure:
        return False
    return state is not None and state.port == port and state.is_running()
