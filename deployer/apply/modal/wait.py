"""Waiting until a deployed server answers: from no container to the first healthy answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests

from deployer.apply.modal.following import Following
from deployer.apply.modal.part_run import waiting_words
from deployer.diagnose.words import standing
from deployer.errors import Failure

if TYPE_CHECKING:
    from deployer.apply.modal.client import Account
    from deployer.apply.modal.parts import Parts
    from deployer.apply.modal.things import AppFacts
    from deployer.apply.phases import Phase
    from deployer.diagnose.boot import Boot
    from deployer.event import Event
    from deployer.release import Release

HEALTHY = 200
SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class Told:
    """What containers told while they were waited for: the starts that came to their end.

    ``memory`` is what the newest engine said of its own; '' where none started, or the log did not
    say it.
    """

    boots: tuple[Boot, ...]
    memory: str


def wait_until_healthy(
    account: Account, app: AppFacts, release: Release, url: str, phase: Phase, parts: Parts
) -> Told:
    """Ask ``/health`` until it answers; the question itself makes Modal start a container.

    Gives what containers told meanwhile. Raises Failure, with what a container reported, as soon as
    it says that it has failed, when none is given to us for ``parts.capacity`` seconds, and after
    the container's own budget.
    """
    began, since = parts.clock(), parts.now()
    memory: list[str] = []

    def tell(event: Event) -> None:
        if (event.phase, event.state) == ("memory", "done"):
            memory.append(event.message)
        if event.state != "started":
            phase.progress(f"{event.phase}: {event.message}")

    log = Following(account, app.id, since - 1, tell)
    try:
        with log:
            _wait(_Waiting(account, app, release, log, phase, parts), url, parts, began)
    except Failure as failure:  # by now all of the container's report has been read
        failure.detail = log.report
        raise
    return Told(log.boots, memory[-1] if memory else "")


def _wait(waiting: _Waiting, url: str, parts: Parts, began: float) -> None:
    target = f"{url}/health"
    while True:
        answer, target = ask(target, url, parts.answer)
        if answer == HEALTHY:
            return
        waiting.check(answer, parts.clock() - began)
        if answer != SEE_OTHER:
            parts.sleep(parts.pause)


def ask(target: str, url: str, seconds: float) -> tuple[int, str]:
    """Ask once; gives the status (0 for no answer) and the address to ask next.

    Modal redirects a request that waits for longer than 150 s to an address of the same server
    that goes on waiting; nothing else is followed.
    """
    try:
        with requests.Session() as session:
            answer = session.get(target, timeout=(10, seconds), allow_redirects=False)
    except requests.RequestException:
        return 0, f"{url}/health"
    if answer.status_code == SEE_OTHER:
        following = urljoin(target, answer.headers.get("Location", ""))
        if urlsplit(following).netloc == urlsplit(url).netloc:
            return SEE_OTHER, following
    return answer.status_code, f"{url}/health"


class _Waiting:
    """Decides between two questions whether there is still something to wait for."""

    def __init__(
        self,
        account: Account,
        app: AppFacts,
        release: Release,
        log: Following,
        phase: Phase,
        parts: Parts,
    ) -> None:
        self._account = account
        self._app = app
        self._release = release
        self._log = log
        self._phase = phase
        self._parts = parts
        self._seen: float | None = None

    def check(self, answer: int, seconds: float) -> None:
        """Raise Failure where waiting is in vain."""
        if self._log.failure:
            message = f"the server failed to start: {self._log.failure}"
            raise Failure(message, hint=self._failed_hint())
        if self._seen is None and (self._log.last or self._account.containers(self._app)):
            self._seen = seconds
        if self._seen is None:
            self._phase.progress(waiting_words(seconds))
            if seconds > self._parts.capacity:
                raise Failure(self._no_capacity(), hint=self._capacity_hint())
            return
        self._phase.progress(self._words(seconds - self._seen))
        budget = (self._release.modal.startup_timeout if self._release.modal else 0.0) + (
            self._parts.margin
        )
        if seconds - self._seen > budget:
            said = f"status {answer}" if answer else "no answer"
            message = f"the server was not healthy within {budget:g} s of its start ({said})"
            raise Failure(message, hint=self._failed_hint())

    def _words(self, seconds: float) -> str:
        """Say the stage of the engine's start, where the log tells one, and its time."""
        if not self._log.stage:
            return self._log.last or "a container has started"
        return standing(self._log.stage, seconds, self._release.lifecycle.startup)

    def _no_capacity(self) -> str:
        hardware = self._release.hardware
        waited = f"{self._parts.capacity:g} s"
        return f"Modal gave no container with {hardware.count} x {hardware.gpu} within {waited}"

    def _capacity_hint(self) -> str:
        gpus = self._release.hardware.count
        plan = f"a plan with fewer than {gpus} GPUs can never give one (10 on Starter, 50 on Team)"
        return f"it is deployed all the same: apply again when there is room; {plan}"

    def _failed_hint(self) -> str:
        name = self._release.name
        back = f"`deployer rollback {name}` brings the version before back"
        return f"`deployer logs {name}` says more; {back}, `deployer destroy {name}` ends it"
