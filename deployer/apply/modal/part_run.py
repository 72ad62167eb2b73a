"""Runs one part of an app in a container, as `modal run` does, and tells how it goes.

What still runs of an apply that is gone is attached to; what is interrupted is ended, or left to go
on where a person says so, and which of both it was is said.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import modal
from modal_proto import api_pb2

from deployer.apply.modal.app import build_app
from deployer.apply.modal.following import Following
from deployer.apply.modal.remote import key_proof
from deployer.apply.modal.rpc import CLIENT_ERRORS, UNANSWERED, answer, raised, told
from deployer.apply.modal.words import in_words
from deployer.apply.patience import current
from deployer.errors import Failure, Interrupted, NotReached

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.parts import Parts
    from deployer.apply.modal.things import ListedApp
    from deployer.apply.phases import Phase
    from deployer.event import Event
    from deployer.release import Release

LOOK_EVERY = 5.0
"""Seconds between two looks whether a container is there, and signs of life for an app."""

STARTING = 3600.0
"""Seconds in which the app of a part must be there: its image may have to be built."""

POLL = 1.0
"""Seconds that one question for the result stays open."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The files that go into containers: the release, and what a lock lists, where there is one."""

    release: Path
    manifests: Path | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A function of the app, the phase that it is run for, and what it is called with."""

    name: str
    phase: str
    words: str
    given: tuple[str, ...] = ()


DOWNLOAD = Part("download_model", "weights", "the download")
COMPILATION = Part("compile_deepgemm", "kernels", "the compilation")


def comparison(key: str) -> Part:
    """Give the part that holds a key against the secret's; the key is not in it."""
    salt = secrets.token_hex(16)
    return Part("compare_key", "key", "the comparison of the key", (salt, key_proof(key, salt)))


def run_part(
    account: Account, release: Release, carried: Carried, part: Part, phase: Phase, parts: Parts
) -> None:
    """Call a function of the app in an app of its own, which ends with the call.

    Raises Failure, with the end of the log as its hint, where it fails or no container comes, and
    Interrupted after Ctrl-C, which says what became of what ran.
    """
    built = build_app(
        release, carried.release, (part.name,), manifests=carried.manifests, phase=part.phase
    )
    stays = parts.stay is not None
    run = _Run(account, release, part, phase, parts)
    session = built.app.run(environment_name=account.environment or None, detach=stays)
    told(f"an app for {part.words}", session.__aenter__, STARTING)
    app_id = built.app.app_id or ""
    try:
        run.call(app_id, built.functions[part.name])
    except KeyboardInterrupt as error:
        left = parts.stay is not None and parts.stay(f"{part.words} that runs on Modal")
        _close(session, error if left else None)
        raise _interrupted(account, app_id, part, release.name, left=left) from None
    except BaseException as error:
        _close(session, error)
        _end(account, app_id)
        if isinstance(error, CLIENT_ERRORS):
            raise in_words(error) from error
        raise
    _close(session, None)
    if stays:
        _end(account, app_id)


def attach(
    account: Account, release: Release, orphan: ListedApp, part: Part, phase: Phase, parts: Parts
) -> None:
    """Wait for what an apply that is gone has left running, and end its app then.

    Whether it came to a good end, what lies on the volume says. Raises as :func:`run_part` does.
    """
    try:
        _Run(account, release, part, phase, parts).join(orphan.id)
    except KeyboardInterrupt:
        left = parts.stay is not None and parts.stay(f"{part.words} that runs on Modal")
        raise _interrupted(account, orphan.id, part, release.name, left=left) from None
    _end(account, orphan.id)


class _Run:
    """One call, or one that somebody else began: what is said of it, and for how long."""

    def __init__(
        self, account: Account, release: Release, part: Part, phase: Phase, parts: Parts
    ) -> None:
        self._account = account
        self._release = release
        self._part = part
        self._phase = phase
        self._parts = parts
        self._ends: dict[str, str] = {}
        self._came = False
        self._looked = 0.0
        self._unanswered = self._unheard = 0

    def call(self, app_id: str, function: Any) -> None:  # noqa: ANN401 - made at run time
        """Call, and wait for the result."""
        with Following(self._account, app_id, self._hear) as log:
            try:
                called = function.spawn(*self._part.given)
                while not self._is_answered(called):
                    self._look(app_id, log)
            except Failure:
                raise
            except modal.exception.FunctionTimeoutError as error:
                message = "it took longer than its time limit; what is done stays, so apply again"
                raise Failure(message) from error
            except CLIENT_ERRORS:
                raise
            except Exception as error:
                message = f"the container failed: {type(error).__name__}: {error}"
                tail = log.tail()
                hint = "the end of its log:" if tail else ""
                raise Failure(message, hint=hint, detail=tail) from error

    def join(self, app_id: str) -> None:
        """Wait until what runs has ended, by what its log or Modal says."""
        with Following(self._account, app_id, self._hear) as log:
            while self._part.phase not in self._ends and not log.ended:
                # It may be an app that ends where nobody gives a sign of life for it.
                answer("AppHeartbeat", api_pb2.AppHeartbeatRequest(app_id=app_id))
                there = self._look(app_id, log)
                if not there and (self._came or not self._account.is_called(app_id)):
                    return  # it has ended, or whoever began it was gone before the call
                self._parts.sleep(self._parts.pause)

    def _is_answered(self, called: Any) -> bool:  # noqa: ANN401 - as above
        """Ask for the result; one question without an answer is none, and is asked again."""
        try:
            raised(f"the end of {self._part.words}", lambda: called.get.aio(timeout=POLL))
        except modal.exception.FunctionTimeoutError:
            raise
        except (*CLIENT_ERRORS, modal.exception.TimeoutError) as error:
            if isinstance(error, TimeoutError) and not str(error):  # there is no result yet
                self._unheard = 0
                return False
            self._unheard += 1
            if self._unheard > UNANSWERED or not isinstance(in_words(error), NotReached):
                raise
            self._parts.sleep(self._parts.pause)
            return False
        return True

    def _hear(self, _task: str, event: Event) -> None:
        if event.state == "progress":
            self._phase.progress(event.message)
        elif event.phase == self._part.phase and event.state in {"done", "failed"}:
            self._ends[event.phase] = event.state

    def _look(self, app_id: str, log: Following) -> bool:
        """Look now and then whether a container is there; Failure where none comes.

        Between two looks it is taken for there.
        """
        current().refuse_over(f"{self._part.words} has not ended")
        if self._phase.seconds - self._looked < LOOK_EVERY:
            return True
        self._looked = self._phase.seconds
        try:
            there = bool(self._account.containers(app_id))
        except NotReached:
            self._unanswered += 1
            if self._unanswered > UNANSWERED:
                raise
            return True
        self._unanswered = 0
        self._came = self._came or there or bool(log.speakers())
        if not self._came:
            self._phase.progress(waiting_words(self._phase.seconds))
            if self._phase.seconds > self._parts.capacity:
                what = f"{self._release.hardware.count} x {self._release.hardware.gpu}"
                what = f"a container with {what}" if self._part is COMPILATION else "a container"
                waited = f"{self._parts.capacity:g} s"
                message = f"Modal gave no container for {self._part.words} within {waited}"
                hint = f"it waited for {what}; apply again when there is room"
                raise Failure(message, hint=hint)
        return there


def waiting_words(seconds: float) -> str:
    """Say that Modal has given no container yet."""
    return f"no container has started yet, after {seconds:.0f} s"


def _interrupted(
    account: Account, app_id: str, part: Part, name: str, *, left: bool
) -> Interrupted:
    """Say what became of what ran when Ctrl-C was pressed."""
    if left:
        return Interrupted(
            f"Interrupted. {part.words} goes on, on Modal: the next `deployer apply` of {name} "
            f"waits for it; `modal app stop {app_id}` ends it."
        )
    trouble = _end(account, app_id)
    if trouble:
        return Interrupted(
            f"Interrupted. Whether {part.words} has ended on Modal is not known: {trouble}",
            hint=f"`modal app stop {app_id}` ends it",
        )
    return Interrupted(f"Interrupted. {part.words} on Modal is ended; what it wrote stays.")


def _close(session: Any, error: BaseException | None) -> None:  # noqa: ANN401 - made at run time
    """Let the client take leave of an app; what goes wrong in that, ending the app mends."""
    with suppress(Exception), current().tidying():
        kind, trace = (type(error), error.__traceback__) if error else (None, None)
        told("taking leave", lambda: session.__aexit__(kind, error, trace))


def _end(account: Account, app_id: str) -> str:
    """End an app of a part; gives why that is not known, '' where it is ended."""
    try:
        with current().tidying():
            account.stop(app_id)
    except NotReached as failure:
        return failure.message
    except Failure:  # Modal does not know it any more
        return ""
    return ""
