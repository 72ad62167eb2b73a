"""Waiting until this version's containers answer: from no container to the first healthy answer."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests

from deployer.apply.modal.address import refuse_open
from deployer.apply.modal.following import Following
from deployer.apply.modal.part_run import waiting_words
from deployer.apply.modal.proxy_token import MAKES_ONE, headers_for
from deployer.apply.modal.rpc import UNANSWERED, NotFoundFailure
from deployer.apply.modal.things import ContainerFacts
from deployer.apply.patience import current
from deployer.diagnose.words import standing
from deployer.errors import Failure, NotReached
from deployer.headers import SHAPE_BY, TOLD_BY, TOLD_DIGITS
from deployer.plan.standing import DEPLOYED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.parts import Parts
    from deployer.apply.modal.things import AppFacts
    from deployer.apply.phases import Phase
    from deployer.diagnose.boot import Boot
    from deployer.event import Event
    from deployer.release import Release

HEALTHY = 200
UNAUTHORIZED = 401
SEE_OTHER = 303

DEATHS = 3
"""Containers that may end before their first answer; Modal starts another for every question."""

CATCH_UP = 5.0
"""Seconds in which the log of before is read, so that it is told from what comes."""

BOOT = "boot"
"""The phase of events that tell of a whole start."""

LOOK_EVERY = 5
"""Questions to the server between two looks whether the app is still this version."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to one question; ``status`` is 0 where nothing was.

    ``release`` are the first digits of the digest of the release that answered, '' where it was
    not told. ``following`` is the address to ask next.
    """

    status: int
    following: str
    release: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What containers told while they were waited for: the starts that came to their end.

    ``memory`` is what the newest engine said of its own; '' where none started, or the log did not
    say it. ``statuses`` are the answers to ``/health`` before the first healthy one, 0 for none,
    and ``waited`` the seconds until that came. ``shape`` is the one that gave it, '' where it was
    not told.
    """

    boots: tuple[Boot, ...]
    memory: str
    statuses: tuple[int, ...] = ()
    waited: float = 0.0
    shape: str = ""


def wait_until_healthy(  # noqa: PLR0913 - what a wait is about
    account: Account,
    app: AppFacts,
    release: Release,
    url: str,
    phase: Phase,
    parts: Parts,
    *,
    hint: str = "",
    tells: bool = False,
) -> Told:
    """Ask ``/health`` until this release answers; to ask is what makes Modal start a container.

    Gives what containers told meanwhile. Raises Failure, with what a container reported, as soon as
    one of this version says that it has failed, when
    :data:`DEATHS` of them ended without a word, when none is given to us for ``parts.capacity``
    seconds, after the container's own budget, and when the app is another version meanwhile.
    ``hint`` says how to go back; ``tells`` that this version tells which release it is, as each
    does that this deployer published.
    """
    headers = headers_for(release)
    waiting = Waiting(account, app, release, phase, parts, hint, tells=tells)
    log = Following(account, app.id, waiting.hear)
    try:
        with log, waiting.looking(log):
            _wait(waiting, url, parts, headers)
    except Failure as failure:  # by now all of the container's report has been read
        failure.detail = waiting.report() or failure.detail
        raise
    return waiting.told()


def _wait(waiting: Waiting, url: str, parts: Parts, headers: Mapping[str, str]) -> None:
    target = f"{url}/health"
    refused = 0
    while True:
        answer = ask(target, url, current().bound(parts.answer), headers)
        refused = refused + 1 if answer.status == UNAUTHORIZED and not answer.release else 0
        if refused > UNANSWERED:
            raise Failure(_not_let_in(headers), hint=MAKES_ONE)
        if waiting.is_over(answer):
            return
        target = answer.following
        if answer.status != SEE_OTHER:
            parts.sleep(parts.pause)


def _not_let_in(headers: Mapping[str, str]) -> str:
    """Say why nobody behind Modal's own door hears of us."""
    if headers:
        return "Modal refuses the proxy token in front of the server, so no container was asked"
    return "Modal asks for a proxy token in front of this version, and its release says of none"


def ask(target: str, url: str, seconds: float, headers: Mapping[str, str]) -> Answer:
    """Ask once; ``headers`` are what Modal wants to see in front of the server.

    Modal redirects a request that waits for longer than 150 s to an address of the same server
    that goes on waiting; nothing else is followed.
    """
    again = f"{url}/health"
    if headers:
        refuse_open(url)
    try:
        with requests.Session() as session:
            answer = session.get(
                target, headers=headers, timeout=(10, seconds), allow_redirects=False
            )
    except requests.RequestException:
        return Answer(0, again)
    if answer.status_code == SEE_OTHER:
        following = urljoin(target, answer.headers.get("Location", ""))
        if urlsplit(following).netloc == urlsplit(url).netloc:
            return Answer(SEE_OTHER, following)
    told = answer.headers
    return Answer(answer.status_code, again, told.get(TOLD_BY, ""), told.get(SHAPE_BY, ""))


def told_by(release: Release, answer: Answer) -> bool | None:
    """Whether it was this release that answered; None where that was not told."""
    if not answer.release:
        return None
    return answer.release == release.digest()[:TOLD_DIGITS]


class Waiting:
    """Decides between two questions whether there is still something to wait for.

    What Modal says of the containers decides; the log only explains.
    """

    def __init__(  # noqa: PLR0913 - as above
        self,
        account: Account,
        app: AppFacts,
        release: Release,
        phase: Phase,
        parts: Parts,
        hint: str,
        *,
        tells: bool,
    ) -> None:
        self._account = account
        self._app = app
        self._release = release
        self._phase = phase
        self._parts = parts
        self._hint = hint
        self._tells = tells
        self._log: Following | None = None
        self._began = parts.clock()
        self._first: float | None = None
        self._old: set[str] = set()
        self._own: dict[str, ContainerFacts] = {}
        self._others: set[str] = set()
        self._ended: dict[str, str] = {}
        self._running: set[str] = set()
        self._unanswered = self._rounds = 0
        self._statuses: list[int] = []
        self._waited = 0.0
        self._shape = ""
        self._trouble: Failure | None = None
        self._memory = self._failed = ""
        self._lock = threading.Lock()

    @contextmanager
    def looking(self, log: Following) -> Iterator[None]:
        """Look at the containers all the time, while a question to the server may wait for long."""
        self._log = log
        self._see()
        if log.caught_up(CATCH_UP):  # what ended before is told from what comes
            self._old = log.early() - self._running
        over = threading.Event()

        def look() -> None:
            while not over.wait(self._parts.look):
                self._see()

        thread = threading.Thread(target=look, name="containers", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def told(self) -> Told:
        """Give what the containers of this version told."""
        boots = self._log.boots(set(self._own)) if self._log is not None else ()
        statuses = tuple(self._statuses)
        return Told(boots, self._memory, statuses, self._waited, self._shape)

    def report(self) -> tuple[str, ...]:
        """Give what the container reported whose failure was raised."""
        return self._log.report(self._failed) if self._log is not None else ()

    def hear(self, task: str, event: Event) -> None:
        """Show what a container of this version tells."""
        if task in self._own and (event.phase, event.state) == ("memory", "done"):
            self._memory = event.message
        if task in self._own and event.phase == BOOT:
            self._phase.forward(event)  # a result in itself: what the start took, and what was late
        elif task in self._own and event.state != "started":
            self._phase.progress(f"{event.phase}: {event.message}")

    def is_over(self, answer: Answer) -> bool:
        """Whether this version has answered. Raises Failure where waiting is in vain."""
        seconds = self._parts.clock() - self._began
        self._see()
        with self._lock:
            if self._trouble is not None:
                raise self._trouble
            return self._decided(answer, seconds)

    def _decided(self, answer: Answer, seconds: float) -> bool:
        if answer.status == HEALTHY and self._is_ours(answer):
            self._waited, self._shape = seconds, answer.shape
            return True
        if answer.status != HEALTHY:  # else it was another version's
            self._statuses.append(answer.status)
        self._refuse_dead()
        self._rounds += 1
        if self._rounds % LOOK_EVERY == 0 or (self._log is not None and self._log.ended):
            self._refuse_moved()
        current().refuse_over("the server has not answered yet, and stays deployed")
        if self._first is None:
            if self._own:
                self._first = seconds
            elif seconds > self._parts.capacity:
                raise Failure(self._no_capacity(), hint=self._capacity_hint())
        self._phase.progress(self._words(answer, seconds))
        budget = (self._release.modal.startup_timeout if self._release.modal else 0.0) + (
            self._parts.margin
        )
        if self._first is not None and seconds - self._first > budget:
            said = f"status {answer.status}" if answer.status else "no answer"
            if answer.status == HEALTHY:
                said = "another release answered, or none that was told"
            message = f"the server was not healthy within {budget:g} s of its start ({said})"
            raise Failure(message, hint=self._failed_hint())
        return False

    def _see(self) -> None:
        """Look which containers there are; one failed look is none."""
        with self._lock:
            self._see_now()

    def _see_now(self) -> None:
        try:
            there = self._account.containers(self._app.id)
            spoken = self._log.speakers() if self._log is not None else set()
            known = {*self._own, *self._others, *self._old, *(one.id for one in there)}
            found = [*there, *map(self._looked_up, spoken - known)]
            self._running = {one.id for one in there}
            for one in found:
                self._place(one)
            for name in set(self._own) - self._running - set(self._ended):
                self._ended[name] = self._cause(name)
        except Failure as failure:
            self._unanswered += 1
            if self._unanswered > UNANSWERED or not isinstance(failure, NotReached):
                self._trouble = failure
            return
        self._unanswered, self._trouble = 0, None

    def _looked_up(self, name: str) -> ContainerFacts:
        try:
            return self._account.container(name)
        except NotFoundFailure:  # it is of long ago
            return ContainerFacts(name, 0.0, ended=True)

    def _place(self, one: ContainerFacts) -> None:
        """Tell a container of this version from one of before: both times are Modal's own."""
        if one.asked_for >= self._app.deployed_at:
            if one.id not in self._old:
                self._own[one.id] = one
        else:
            self._others.add(one.id)

    def _cause(self, name: str) -> str:
        said = self._log.failure(name) if self._log is not None else ""
        found = self._looked_up(name)
        return said or found.cause or "it ended, and nobody said why"

    def _is_ours(self, answer: Answer) -> bool:
        """Whether this version answered: as it tells; or, where it cannot, as no other one runs."""
        ours = told_by(self._release, answer)
        if ours is None and not self._tells:
            return bool(self._running) and self._running <= set(self._own)
        return bool(ours)

    def _refuse_dead(self) -> None:
        """Raise Failure where a container said why it failed, or too many ended."""
        log = self._log
        said = [(name, log.failure(name)) for name in self._own if log and log.failure(name)]
        if said:
            self._failed, why = said[-1]
            message = f"the server failed to start: {why}"
            raise Failure(message, hint=self._failed_hint())
        if len(self._ended) >= DEATHS:
            why = next(reversed(self._ended.values()))
            trouble = f" (the log could not be read: {log.trouble})" if log and log.trouble else ""
            message = f"{len(self._ended)} containers ended before they answered: {why}{trouble}"
            raise Failure(message, hint=self._failed_hint())

    def _refuse_moved(self) -> None:
        """Raise Failure where the app is stopped, or another version, meanwhile."""
        name = self._app.name
        try:
            now = self._account.app(name)
        except NotReached:
            return
        if now is None or now.state != DEPLOYED or now.id != self._app.id:
            state = now.state if now is not None else "gone"
            message = f"the app {name} is {state} now: somebody stopped it while it was waited for"
            raise Failure(message, hint="`deployer apply` deploys it again")
        if now.version != self._app.version:
            message = (
                f"version {now.version} was deployed by {now.deployed_by or 'somebody'} while "
                f"version {self._app.version} was waited for"
            )
            raise Failure(message, hint=f"`deployer history {self._release.name}` shows both")

    def _words(self, answer: Answer, seconds: float) -> str:
        """Say how it stands: of this version's containers."""
        if not self._own:
            held = "; the version before still answers" if answer.status == HEALTHY else ""
            return waiting_words(seconds) + held
        if answer.status == HEALTHY:
            return "the version before still answers"
        if self._ended and not set(self._own) & self._running:
            last = next(reversed(self._ended.values()))
            return f"container {len(self._ended)} ended: {last}"
        own, log = set(self._own), self._log
        if log is not None and self._first is not None and (stage := log.stage(own)):
            return standing(stage, seconds - self._first, self._longest())
        return (log.last(own) if log is not None else "") or "a container has started"

    def _longest(self) -> float:
        """Give the seconds that an engine may take: those of the shape that needs most."""
        return max(each.lifecycle.startup for each in self._release.each_shape())

    def _no_capacity(self) -> str:
        wanted = " or ".join(str(each.hardware) for each in self._release.each_shape())
        return f"Modal gave no container with {wanted} within {self._parts.capacity:g} s"

    def _capacity_hint(self) -> str:
        gpus = min(each.hardware.count for each in self._release.each_shape())
        plan = f"a plan with fewer than {gpus} GPUs can never give one (10 on Starter, 50 on Team)"
        return f"it is deployed all the same: apply again when there is room; {plan}"

    def _failed_hint(self) -> str:
        name = self._release.name
        parts = (
            f"`deployer logs {name}` says more",
            self._hint,
            f"`deployer destroy {name}` ends it",
        )
        return "; ".join(part for part in parts if part)
