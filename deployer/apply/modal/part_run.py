"""Runs one part of an app in a container, as `modal run` does, and tells how it goes.

What still runs of an apply that is gone is attached to. What is interrupted is ended, or left to go
on where the terminal was closed or a person says so; which of both it was is said.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import modal
from modal_proto import api_pb2

from deployer.apply.modal.app import SHARE, build_app
from deployer.apply.modal.following import Following
from deployer.apply.modal.image_build import ImageBuild, in_its_own_words, seldom
from deployer.apply.modal.remote import key_proof
from deployer.apply.modal.rpc import CLIENT_ERRORS, UNANSWERED, answer, gathered, raised, told
from deployer.apply.modal.shares import Share, Together
from deployer.apply.modal.tags import WEIGHTS
from deployer.apply.modal.words import in_words
from deployer.apply.patience import current
from deployer.errors import Failure, Interrupted, NotReached

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.parts import Parts
    from deployer.apply.modal.things import ListedApp
    from deployer.apply.phases import Phase
    from deployer.event import Event
    from deployer.release import Release
    from deployer.serve.weights.arrived import Arrived

LOOK_EVERY = 5.0
"""Seconds between two looks whether a container is there, and signs of life for an app."""

STARTING = 3600.0
"""Seconds in which the app of a part must be there: its image may have to be built."""

POLL = 1.0
"""Seconds that one question for the result stays open."""

LOST = (modal.exception.RemoteError, modal.exception.InternalFailure)
"""What the client raises where a container ended and nothing of ours says why."""

LOST_MOST = 5
"""Containers that one share may lose; a preempted one Modal replaces by itself."""


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


DOWNLOAD = Part("download_model", WEIGHTS, "the download")
COMPILATION = Part("compile_deepgemm", "kernels", "the compilation")

LASTING = {part.phase: part for part in (DOWNLOAD, COMPILATION)}
"""The parts that go on without the command, and are waited for by the next one, by their phases."""

KEY = "key"
"""The phase in which the key is compared."""

IMAGE = "image"
"""The phase of an app in which the engine's image is built while another's download is waited for.
"""


def comparison(key: str) -> Part:
    """Give the part that holds a key against the secret's; the key is not in it."""
    salt = secrets.token_hex(16)
    return Part("compare_key", KEY, "the comparison of the key", (salt, key_proof(key, salt)))


@dataclass(frozen=True, slots=True)
class Sharing:
    """What several containers fetch before the part is run, and how many of them there may be."""

    shares: tuple[Share, ...]
    containers: int


def run_part(  # noqa: PLR0913, PLR0917 - what a part consists of
    account: Account,
    release: Release,
    carried: Carried,
    part: Part,
    phase: Phase,
    parts: Parts,
    sharing: Sharing | None = None,
    *,
    builds: bool = False,
) -> None:
    """Call a function of the app in an app of its own, which ends with the call.

    What is shared is fetched first, by as many calls as there are shares that are not there. Where
    it ``builds``, the engine's image is built meanwhile, and it ends with neither. Raises
    Failure, with the end of the log as its hint, where it fails or no container comes, and
    Interrupted where it is interrupted, which says what became of what ran.
    """
    built = build_app(
        release,
        carried.release,
        (part.name,) if sharing is None else (SHARE, part.name),
        manifests=carried.manifests,
        phase=part.phase,
        writers=1 if sharing is None else sharing.containers,
    )
    stays = _may_stay(part, parts)
    shares = () if sharing is None else sharing.shares
    run = _Run(account, release, part, phase, parts, shares)
    session = built.app.run(environment_name=account.environment or None, detach=stays)
    with in_its_own_words(seldom(phase.progress, parts.clock)):
        told(f"an app for {part.words}", session.__aenter__, STARTING)
    app_id = built.app.app_id or ""
    try:
        run.beside = ImageBuild(release, built.app, parts) if builds else None
        run.call(app_id, built.functions.get(SHARE), built.functions[part.name])
        if run.beside is not None:
            run.beside.wait(phase)
    except KeyboardInterrupt as error:
        left = stays and (run.called or is_at_work(account, app_id)) and stay(part, parts)
        _close(session, error if left else None)
        raise _interrupted(account, app_id, part, release.name, left=left) from None
    except BaseException as error:
        _close(session, error)
        trouble = _end(account, app_id)
        if isinstance(error, Failure) and run.beside is not None and run.beside.has_failed:
            _hint(error, _unknown(part, trouble) if trouble else _ended(part))
        if isinstance(error, CLIENT_ERRORS):
            raise in_words(error) from error
        raise
    _close(session, None)
    if stays:
        _end(account, app_id)


def attach(  # noqa: PLR0913, PLR0917 - what a part consists of
    account: Account,
    release: Release,
    orphan: ListedApp,
    part: Part,
    phase: Phase,
    parts: Parts,
    shares: tuple[Share, ...] = (),
    *,
    builds: Path | None = None,
) -> None:
    """Wait for what an apply that is gone has left running, and end its app then.

    Whether it came to a good end, what lies on the volume says. With a release's file in ``builds``
    the engine's image is built meanwhile. Raises as :func:`run_part` does; after a Failure,
    be it the image's, what runs is left to the next one.
    """
    run = _Run(account, release, part, phase, parts, shares)
    beside = None if builds is None else _building(account, release, builds, run, phase, parts)
    with beside or nullcontext():
        try:
            run.join(orphan.id)
        except KeyboardInterrupt:
            left = _may_stay(part, parts) and is_at_work(account, orphan.id) and stay(part, parts)
            raise _interrupted(account, orphan.id, part, release.name, left=left) from None
        except Failure as failure:
            _hint(failure, is_left(orphan.id, part, release.name))
            raise
        _end(account, orphan.id)


@contextmanager
def _building(
    account: Account, release: Release, file: Path, run: _Run, phase: Phase, parts: Parts
) -> Iterator[None]:
    """Build the engine's image beside the block, in an app of its own, and wait for it then."""
    built = build_app(release, file, (), phase=IMAGE)
    session = built.app.run(environment_name=account.environment or None)
    told("an app for the engine's image", session.__aenter__)
    try:
        run.beside = ImageBuild(release, built.app, parts)
        yield
        run.beside.wait(phase)
    finally:
        _close(session, None)
        _end(account, built.app.app_id or "")


@dataclass(slots=True)
class _Call:
    """A call: of what, with what, how it was made, and how often its container was lost.

    ``again`` is whether it is made again then.
    """

    function: Any
    given: tuple[Any, ...]
    again: bool = False
    called: Any = None
    lost: int = 0
    done: bool = False


async def _outcome(call: _Call, seconds: float) -> Exception | None:
    """Wait for the end of a call; gives what it raised, or that there is none yet."""
    try:
        await call.called.get.aio(timeout=seconds)
    except Exception as error:  # noqa: BLE001 - it is taken where all calls are
        return error
    return None


class _Run:
    """One call, or one that somebody else began: what is said of it, and for how long."""

    def __init__(
        self,
        account: Account,
        release: Release,
        part: Part,
        phase: Phase,
        parts: Parts,
        shares: tuple[Share, ...],
    ) -> None:
        self._account = account
        self._release = release
        self._part = part
        self._phase = phase
        self._parts = parts
        self._missing = [share for share in shares if share.there < share.size]
        self._together = Together(shares, self._show, parts.clock) if shares else None
        self._ends: dict[str, str] = {}
        self._came = False
        self.beside: ImageBuild | None = None
        self.called = False
        """Whether Modal has said that it took a call."""
        self._looked = 0.0
        self._unanswered = self._unheard = self._proven = 0
        self._asked = (0, 0.0)

    def call(self, app_id: str, share: Any, function: Any) -> None:  # noqa: ANN401 - made at run time
        """Call for each share that is missing, then for the whole, and wait for the results."""
        with self._following(app_id) as log:
            try:
                shares = [_Call(share, (one.source, one.path), again=True) for one in self._missing]
                self._carry_out(app_id, log, shares)
                self._together = None
                self._carry_out(app_id, log, [_Call(function, self._part.given)])
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
        with self._following(app_id) as log:
            while self._part.phase not in self._ends and not log.ended:
                if self.beside is not None:
                    self.beside.check()
                # It may be an app that ends where nobody gives a sign of life for it.
                answer("AppHeartbeat", api_pb2.AppHeartbeatRequest(app_id=app_id))
                there = self._look(app_id, log)
                # Between two shares no container may be there, and calls wait for the next one.
                if not there and not self._account.is_called(app_id):
                    return  # it has ended, or whoever began it was gone before the call
                if self._together is not None and self._together.complete:
                    return
                self._parts.sleep(self._parts.pause)

    def _following(self, app_id: str) -> Following:
        return Following(self._account, app_id, self._hear, self._hear_share)

    def _carry_out(self, app_id: str, log: Following, asked: Sequence[_Call]) -> None:
        """Make calls, and wait until each is answered; one whose container is lost is made again.

        Raises what a call raises. A call for the whole is not made again: whoever applies next
        begins where it ended.
        """
        waiting = list(asked)
        for call in waiting:
            self._make(call)
        while waiting:
            if self.beside is not None:
                self.beside.check()
            self._ask(waiting)
            waiting = [call for call in waiting if not call.done]
            if waiting:
                self._look(app_id, log)

    def _make(self, call: _Call) -> None:
        what = f"the call of {self._part.words}"
        call.called = raised(what, lambda: call.function.spawn.aio(*call.given))
        self.called = True

    def _ask(self, waiting: list[_Call]) -> None:
        """Wait a little for the first result; now and then ask whether there are others."""
        since = (self._proven, self._phase.seconds)
        due = since[0] > self._asked[0] or since[1] - self._asked[1] >= LOOK_EVERY
        asked = waiting if due else waiting[:1]
        self._asked = since if due else self._asked
        questions = [partial(_outcome, one, 0.0 if one is not asked[0] else POLL) for one in asked]
        try:
            outcomes = gathered(f"the end of {self._part.words}", questions)
            for call, error in zip(asked, outcomes, strict=True):
                self._take(call, error)
        except NotReached:
            self._unheard += 1
            if self._unheard > UNANSWERED:
                raise
            self._parts.sleep(self._parts.pause)
        else:
            self._unheard = 0

    def _take(self, call: _Call, error: Exception | None) -> None:
        """Take the end of a call, or that there is none yet; raises what it raises."""
        if error is None:
            call.done = True
        elif isinstance(error, TimeoutError) and not str(error):  # there is no result yet
            return
        elif isinstance(error, LOST) and call.again and call.lost < LOST_MOST:
            call.lost += 1
            self._make(call)
            said = f"a container of {self._part.words} was lost ({error}): another one goes on"
            self._parts.tell(said)
        elif isinstance(error, modal.exception.FunctionTimeoutError):
            raise error
        elif isinstance(error, (*CLIENT_ERRORS, modal.exception.TimeoutError)):
            failure = in_words(error)
            raise failure if isinstance(failure, NotReached) else error
        else:
            raise error

    def _hear_share(self, said: Arrived) -> None:
        if self._together is not None:
            self._proven += said.proven
            self._together.hear(said)
            self._together.tick()

    def _show(self, event: Event) -> None:
        self._phase.progress(event.message)

    def _hear(self, _task: str, event: Event) -> None:
        if event.state == "progress":
            if self._together is None:  # else one line stands for all containers
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
                what = f"a container with {self._release.hardware}"
                what = what if self._part is COMPILATION else "a container"
                waited = f"{self._parts.capacity:g} s"
                message = f"Modal gave no container for {self._part.words} within {waited}"
                hint = f"it waited for {what}; apply again when there is room"
                raise Failure(message, hint=hint)
        return there


def waiting_words(seconds: float) -> str:
    """Say that Modal has given no container yet."""
    return f"no container has started yet, after {seconds:.0f} s"


def stay(part: Part, parts: Parts) -> bool:
    """Whether a part that runs goes on after an interrupt."""
    return parts.stay is not None and parts.stay(f"{part.words} that runs on Modal")


def is_at_work(account: Account, app_id: str) -> bool:
    """Whether an app has a container or a call that waits for one, or Modal does not say."""
    with current().tidying():
        try:
            return bool(account.containers(app_id)) or account.is_called(app_id)
        except NotReached:
            return True


def _may_stay(part: Part, parts: Parts) -> bool:
    return parts.stay is not None and part.phase in LASTING


def is_left(app_id: str, part: Part, name: str) -> str:
    """Say of what was not ended who waits for it, and how it can be ended."""
    where = "it needs the same weights" if part is DOWNLOAD else "its release is the same"
    return (
        f"{part.words} is left running on Modal: the next `deployer apply` of {name} waits for it "
        f"where {where}; `modal app stop {app_id}` ends it"
    )


def _hint(failure: Failure, first: str) -> None:
    """Say something before what a failure hints at."""
    failure.hint = "; ".join(said for said in (first, failure.hint) if said)


def _interrupted(
    account: Account, app_id: str, part: Part, name: str, *, left: bool
) -> Interrupted:
    """Say what became of what ran."""
    if left:
        return Interrupted(f"Interrupted. {sentence(is_left(app_id, part, name))}")
    trouble = _end(account, app_id)
    if trouble:
        message = f"Interrupted. {sentence(_unknown(part, trouble))}"
        return Interrupted(message, hint=f"`modal app stop {app_id}` ends it")
    return Interrupted(f"Interrupted. {sentence(_ended(part))}")


def _unknown(part: Part, trouble: str) -> str:
    return f"whether {part.words} has ended on Modal is not known: {trouble}"


def _ended(part: Part) -> str:
    return f"{part.words} on Modal is ended; what it wrote stays"


def sentence(said: str) -> str:
    """Let what is said be a sentence."""
    return f"{said[:1].upper()}{said[1:]}."


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
