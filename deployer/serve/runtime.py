"""The life of one engine: launch, load, warm-up, serving, drain."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from deployer.diagnose.boot import TOTAL, Allowed, Boot
from deployer.diagnose.recorder import Recorder
from deployer.diagnose.stages import ORDER
from deployer.diagnose.words import headline, passed, report, standing, summary
from deployer.errors import Failure, Interrupted
from deployer.serve import memory
from deployer.serve.bell import Bell, Errand
from deployer.serve.drain import Drained, end_engine
from deployer.serve.engine_version import agreed
from deployer.serve.front import FAILED, Front
from deployer.serve.key import secrets_of
from deployer.serve.keyring import KeyRing
from deployer.serve.overtime import Overtime
from deployer.serve.port import refuse_stranger
from deployer.serve.ready import Readiness
from deployer.serve.redact import Redactor
from deployer.serve.running import Running
from deployer.serve.timeline import Timeline
from deployer.serve.vigil import Vigil
from deployer.serve.warmup import Warmup
from deployer.serve.weights.held import read_at_start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from io import RawIOBase
    from pathlib import Path

    from deployer.diagnose.boot import Stage
    from deployer.diagnose.diagnosis import Diagnosis
    from deployer.event import Event
    from deployer.release import Release
    from deployer.serve.front import Emptied
    from deployer.serve.keyring import Held
    from deployer.serve.liveness import Verdict
    from deployer.serve.view import ViewFile

GRACE = 1.0
"""Seconds between SIGTERM and SIGKILL for an engine that answers nobody, not yet or no more.
SGLang's own drain would look only every 5 s whether it is idle, and then kill its processes."""

DYING = 1.0
"""Seconds between streams that break and the moment at which their engine is seen to be dead."""

REFRESH_EVERY = 5.0
"""Seconds between two looks at who belongs to the engine, while it serves."""


class Runtime:
    """Runs beside one engine, from its launch to its end.

    Call :meth:`start`, then :meth:`watch`, then :meth:`stop`, also after a failure. A
    ``KeyboardInterrupt`` that comes while it starts ends it as :meth:`stop` does.
    :meth:`request_stop` may be called from a signal handler, and :meth:`stop` from another thread
    than the one that watches.
    Events are handed to ``emit`` in the thread that calls; they and the log hold no secret.
    ``stream`` gets the engine's output as well; it must be unbuffered. ``before`` are the stages
    of this start that are over, ``digest`` is that of the release before anything of this machine
    was filled in, ``shape`` the one of several that this is. In ``view`` others read how the engine
    is. ``keys`` is the folder of the clients' keys beside the one of the environment. ``front`` is
    a door that is there already. One that is ``lasting`` outlives the engine, shut: whoever started
    this ends it.
    """

    def __init__(  # noqa: PLR0913 - keyword arguments, each a plain value
        self,
        release: Release,
        environ: Mapping[str, str],
        *,
        emit: Callable[[Event], None],
        log_file: Path,
        stream: RawIOBase | None = None,
        clock: Callable[[], float] = time.monotonic,
        before: Sequence[Stage] = (),
        digest: str = "",
        shape: str = "",
        view: ViewFile | None = None,
        keys: Path | None = None,
        front: Front | None = None,
        lasting: bool = False,
    ) -> None:
        self._release = release
        self._ring = KeyRing(release.listen.api_key_variable, environ, keys)
        self._environ = environ
        self._log_file = log_file
        self._stream = stream
        self._clock = clock
        known = (environ.get(release.listen.api_key_variable, ""),)
        self._redactor = Redactor(secrets_of(known, environ))
        self._timeline = Timeline(emit, self._redactor, clock)
        self._recorder = Recorder(clock, before)
        budgets = release.lifecycle.stage_budgets
        self._budgets = tuple(Allowed(each.name, each.seconds) for each in budgets)
        whole = release.lifecycle.budget
        self._overtime = Overtime(
            (*self._budgets, *((Allowed(TOTAL, whole),) if whole else ())),
            self._recorder,
            lambda one: self._timeline.late(passed(one), one.seconds),
        )
        self._digest = digest or release.digest()
        self._shape = shape
        self._bell = Bell()
        self._ending = threading.Lock()
        self._over = False
        self._unburied = False
        self._stops = 0
        self._stopping = False
        self._running: Running | None = None
        self._vigil: Vigil | None = None
        self._view = view
        self._uneasy = False
        self.front = front
        self._lasting = lasting
        self._opened = False
        self.aside = False
        """Whether another engine has taken the place of this one."""

    def request_stop(self) -> None:
        """Ask for the end; asked again during the drain, it does not wait any longer."""
        self._stops += 1
        self._bell.ring()

    def start(self) -> bool:
        """Bring the engine up to serving; False if somebody asked to stop before that.

        Raises :class:`Failure` when the engine could not be started, did not become ready, or
        answered a warm-up request wrongly; nothing of it is left then.
        """
        try:
            with self._overtime:
                running = self._launch()
                self._load(running)
                self._ask_memory(running)
                self._warm_up(running)
            self._let_in(running)
        except Interrupted:
            return False
        except (
            KeyboardInterrupt
        ):  # so is a Modal container asked to end, and runs no exit hook then
            self.stop()
            raise
        except Failure as failure:
            self._fail(failure)
            raise
        except BaseException as error:
            self._fail(Failure(f"the runtime itself failed: {type(error).__name__}"))
            raise
        return True

    def watch(self) -> None:
        """Return when a stop is asked for; raise :class:`Failure` when the engine dies.

        It is told by then, and SIGKILL is sent to what is left; :meth:`stop` waits for the end.
        """
        try:
            with self._bell.listen() as ear:
                while True:
                    self._guard()
                    ear.wait(REFRESH_EVERY)
                    self._guard()  # first this: a death is not to wait for a look at /proc
                    if self._running:
                        self._running.family.refresh()
        except Interrupted:
            return
        except Failure as failure:
            self._fail(failure, wait=False)
            raise
        except BaseException as error:
            self._fail(Failure(f"the runtime itself failed: {type(error).__name__}"), wait=False)
            raise

    def stop(self) -> Drained | None:
        """Drain and end the engine; None if there is none. May be called at any time.

        Raises :class:`Failure` when a process of the engine or its port could not be freed, and
        when the engine died or hung before it had answered what was in flight.
        """
        stops = self._stops
        self._stopping = True
        self._bell.ring()
        with self._ending:
            if self._over:
                self._bury()
                return None
            self._over = True
            drained = self._drain(lambda: self._stops > stops)
            failed = drained is not None and drained.failed
            message = drained.message() if drained else "nothing was running"
            (self._timeline.fail if failed else self._timeline.done)(message)
            told = drained.told if failed and drained else ()
            self._timeline.end(message if failed else "stopped", told, failed=failed)
        if failed:
            raise Failure(message)
        return drained

    def step_aside(self) -> None:
        """Let :meth:`watch` return: another engine has taken the place of this one."""
        self.aside = True
        if self._vigil:
            self._vigil.ending = True
        self._bell.ring()

    def retire(self) -> str:
        """End an engine that has stepped aside, once what is in flight at it is answered."""
        with self._ending:
            if self._over or self._running is None or self.front is None:
                self._bury()
                return "it had ended already"
            self._over = True
            running, began = self._running, self._clock()
            self._end_vigil()
            emptied = self.front.empty(
                self._release.lifecycle.drain,
                give_up=lambda: self._stops > 0 or bool(running.lost()),
                clock=self._clock,
                elders=True,
            )
            by_itself, killed, left = end_engine(
                running.process, running.family, grace=GRACE, bell=self._bell, clock=self._clock
            )
            code = running.process.returncode
            running.release()
        took = self._clock() - began
        return Drained(emptied, by_itself, took, code, killed, left).message()

    @property
    def serves(self) -> bool:
        """Whether the engine has come to serve, and nothing has ended it."""
        return self._opened and not (self._over or self._stops or self._stopping or self.aside)

    def _let_in(self, running: Running) -> None:
        """Let requests through to an engine that is proven: from here on its end is a drain."""
        with self._ending:  # so that stop() in another thread ends one that serves, or none does
            self._guard()
            if self.front:
                self._opened = True
                self.front.turn(self._release, self._digest, running.inside)
            self._tell_boot()
            self._timeline.start("serving", f"ready on port {self._release.listen.port}")
            self._watch_over(running)

    def _watch_over(self, running: Running) -> None:
        """Begin to look whether the engine makes progress."""
        self._vigil = Vigil(
            self._release.lifecycle.hang,
            port=running.inside.port,
            key=running.inside.key,
            vital=running.vital(),
            pulse=lambda: self.front.pulse() if self.front else None,
            bell=self._bell,
            tell=self._tell_verdict,
            view=self._view,
            interval=_stream_interval(self._release),
        )

    def _tell_verdict(self, verdict: Verdict) -> None:
        """Tell what is out of the ordinary, and that it is over."""
        if self.front:
            self.front.know(hang=verdict.state in {"quiet", "paused", "hung"})
        if verdict.state in {"quiet", "paused", "unseen"}:
            self._uneasy = True
            self._timeline.progress(f"{verdict.state}: {verdict.reason}")
        elif self._uneasy and verdict.state != "hung":
            self._uneasy = False
            self._timeline.progress(f"{verdict.state}: {verdict.reason}")

    def _end_vigil(self) -> None:
        if self._vigil:
            self._vigil.close()

    def _launch(self) -> Running:
        with self._ending:
            self._guard()
            self._timeline.start("launch", f"starting {self._release.engine.name}")
        held = self._ring.read()
        self._redactor.learn(each.key for each in held)
        said = agreed(self._release.engine, self._environ)
        with self._ending:  # so that stop() in another thread finds all of the engine or nothing
            self._guard()
            if said:
                self._timeline.progress(said)
            self._recorder.begin("imports")
            self._open_front(held)
            self._running = running = Running(
                self._release,
                self._environ,
                hidden=[each.key for each in held],
                log_file=self._log_file,
                stream=self._stream,
                redactor=self._redactor,
                bell=self._bell,
            )
        running.log.listen(self._recorder.mark)
        self._timeline.done(f"engine is process {running.process.pid}")
        return running

    def _load(self, running: Running) -> None:
        self._timeline.start("load", "waiting until the engine is healthy")
        readiness = Readiness(
            running.inside.port,
            self._release.lifecycle,
            running.family,
            bell=self._bell,
            guard=self._guard,
            clock=self._clock,
        )
        began, budget = self._clock(), self._release.lifecycle.startup

        def stands() -> str:
            stage, so_far = running.log.stage, self._clock() - began
            return standing(stage, so_far, budget, *self._overtime.took(stage or ORDER[0]))

        unsure = readiness.wait(lambda: self._timeline.progress(stands()))
        self._recorder.end()
        running.is_ready()
        self._timeline.done(f"healthy ({unsure})" if unsure else "healthy")

    def _ask_memory(self, running: Running) -> None:
        """Tell what the engine says of its memory; that it does not say it is no failure."""
        timeout = self._release.lifecycle.health_timeout
        self._timeline.start("memory", "what the engine says of its memory")
        self._prove(running)
        url, key = running.inside.url(""), running.inside.key
        with self._bell.listen() as ear:
            errand = Errand(lambda: memory.ask(url, key, timeout), self._bell, "memory")
            while not errand.done:
                self._guard()
                ear.wait(timeout)
        self._timeline.done(errand.result())

    def _warm_up(self, running: Running) -> None:
        requests = self._release.warmup
        self._timeline.start("warmup", f"{len(requests)} requests")
        warmup = Warmup(
            running.inside,
            self._release.lifecycle.warmup,
            bell=self._bell,
            guard=self._guard,
            prove=lambda: self._prove(running),
            clock=self._clock,
            redactor=self._redactor,
        )
        self._recorder.begin("warmup")
        warmup.run(requests, self._timeline.progress)
        self._recorder.end()
        self._guard()
        self._timeline.done(f"{len(requests)} requests answered")

    def _tell_boot(self) -> None:
        """Tell how long each stage of the start took, and how fast the weights were read."""
        boot = Boot(
            self._digest,
            f"{self._release.engine.name} {self._release.engine.version}",
            time.time(),
            round(self._recorder.seconds, 3),
            self._recorder.sized("weights", read_at_start(self._release)),
            self._release.lifecycle.budget or 0.0,
            self._budgets,
            self._shape,
        )
        if self.front:
            self.front.booted(boot)
        self._timeline.ready(summary(boot), boot.seconds, boot.to_json())

    def _guard(self) -> None:
        """Raise when there is nothing to wait for: a stop is asked for, a process has died."""
        if self._stops or self._stopping or self.aside:
            msg = "a stop was asked for"
            raise Interrupted(msg)
        if self._running and (lost := self._running.lost()):
            raise Failure(lost, hint="the end of the engine's log says more")
        if (verdict := self._hung()) is not None:
            msg = f"the engine hangs: {verdict.reason}"
            raise Failure(msg, hint="the stacks of its processes are in the engine's log")

    def _hung(self) -> Verdict | None:
        verdict = self._vigil.verdict if self._vigil else None
        return verdict if verdict is not None and verdict.state == "hung" else None

    def _prove(self, running: Running) -> None:
        """Raise where another than our engine would be asked."""
        try:
            refuse_stranger(running.inside.port, running.family.refresh())
        except Failure:
            self._guard()  # an engine that has just ended explains more
            raise

    def _drain(self, hurry: Callable[[], bool]) -> Drained | None:
        before, unbroken = self._timeline.phase, self.front.broken if self.front else 0
        self._timeline.start("drain", f"asked to stop during {before}")
        if self._running is None:
            self._close_front()
            return None
        running, front, began = self._running, self.front, self._clock()
        emptied, died = None, ""
        told: tuple[str, ...] = ()
        if self._vigil:
            self._vigil.ending = True
        running.let_go_on()
        if front and self._opened:
            emptied = front.empty(
                self._release.lifecycle.drain,
                give_up=lambda: hurry() or bool(self._dead()),
                clock=self._clock,
                unbroken=unbroken,
            )
            died, told = self._cause_of(running, emptied)
        by_itself, killed, left = end_engine(
            running.process, running.family, grace=GRACE, bell=self._bell, clock=self._clock
        )
        self._end_vigil()
        code = running.process.returncode
        running.release()
        self._close_front()
        return Drained(emptied, by_itself, self._clock() - began, code, killed, left, died, told)

    def _cause_of(self, running: Running, emptied: Emptied) -> tuple[str, tuple[str, ...]]:
        """Say what requests were cut by, in words and with what its log tells of that.

        Streams break before the death of their engine is seen.
        """
        deadline = self._clock() + (DYING if emptied.cut else 0.0)
        with self._bell.listen() as ear:
            while not (died := self._dead()) and self._clock() < deadline:
                ear.wait(deadline - self._clock())
        if not died:
            return "", ()
        if self._hung():
            self._timeline.progress(f"the engine hangs: {died}")
            running.tell_stacks(self._environ)
        tail = running.last_words()
        if (found := self._diagnosed(running)) is None:
            return died, tail
        return f"{died}; {headline(found)}", (*report(found), *tail)

    def _dead(self) -> str:
        """Say why nothing that is in flight will be answered any more; '' while it may be."""
        hung = self._hung()
        return (self._running.lost() if self._running else "") or (hung.reason if hung else "")

    def _open_front(self, held: Sequence[Held]) -> None:
        """Take the port, or the door that has it already, and tell it whose keys there are."""
        if self.front is None:
            self.front = Front(self._release, self._digest, self._environ, held)
        else:
            self.front.keys(held)
        self.front.attach(self._bell, self._timeline.progress)
        self.front.follow(self._ring, self._redactor.learn)
        self.front.starts(self._digest)

    def _close_front(self) -> None:
        if self.front and not self._lasting:
            self.front.close()
            self.front = None

    def _fail(self, failure: Failure, *, wait: bool = True) -> None:
        """Tell why, and end everything at once; the failure is redacted where it stands.

        Told first: it may take seconds until the kernel has given back what the killed held.
        """
        failure.message = self._redactor.text(failure.message)
        failure.hint = self._redactor.text(failure.hint)
        failure.args = (failure.message,)
        with self._ending:
            if self._over:
                return
            self._over = self._unburied = True
            if self.front and self._opened:
                self.front.shut(FAILED)
            detail: tuple[str, ...] = (failure.hint,) if failure.hint else ()
            if self._running:
                tail = self._running.last_words()
                if found := self._diagnosed(self._running):
                    failure.message += f"; {headline(found)}"
                    failure.args = (failure.message,)
                    detail = (*report(found), *detail)
                detail += tail
            self._timeline.fail(failure.message)
            self._timeline.end(failure.message, detail, failed=True)
            if self._running:
                if self._hung():
                    self._running.tell_stacks(self._environ)
                self._running.strike()
            if wait:
                self._bury()

    def _diagnosed(self, running: Running) -> Diagnosis | None:
        """Give what the log tells of an end, with what its supervisor knows of one by a signal."""
        running.tell_killed()
        return running.log.diagnosis(ended=bool(running.lost()))

    def _bury(self) -> None:
        """Wait until nothing is left of an engine that has failed, and tell what will not go."""
        self._close_front()
        if self._running is None or not self._unburied:
            return
        self._unburied = False
        left = self._running.kill()
        self._end_vigil()
        self._running.release()
        if left:
            self._timeline.progress(f"cannot be ended: {', '.join(left)}")


def _stream_interval(release: Release) -> int:
    """Give how many tokens of a stream the engine hands on at a time."""
    stated = [each.values for each in release.arguments if each.flag == "--stream-interval"]
    return max((int(each[0]) for each in stated if each and each[0].isdecimal()), default=1)
