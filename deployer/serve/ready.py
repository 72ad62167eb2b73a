"""Waiting until the engine itself, and nobody else, answers that it is healthy.

``/health`` is asked, never ``/v1/models``: SGLang answers the latter while it still loads. And
an answer counts only while our engine lives and holds the listening socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from deployer.errors import Failure
from deployer.serve.bell import Bell, Ear, Errand
from deployer.serve.port import Answers, refuse_stranger

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.release import Lifecycle
    from deployer.serve.processes import Family

HEALTHY = 200
REPORT_EVERY = 2.0
"""Seconds between two progress reports at least."""


class Readiness:
    """The wait for readiness.

    ``guard`` raises when there is nothing to wait for any longer (the engine has ended, somebody
    asked to stop); ``report`` is called at most once in two seconds.
    """

    def __init__(
        self,
        port: int,
        lifecycle: Lifecycle,
        family: Family,
        *,
        bell: Bell,
        guard: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._port = port
        self._lifecycle = lifecycle
        self._family = family
        self._bell = bell
        self._guard = guard
        self._clock = clock
        self._call: Errand[str] | None = None
        self._next = 0.0
        self._unsure = ""
        self._last = "nothing listens there yet"

    def wait(self, report: Callable[[], None]) -> str:
        """Return when the engine is ready, with what could not be verified ('' if all was).

        Raises :class:`Failure` when ``lifecycle.startup`` is over or a stranger has the port.
        """
        began = self._clock()
        self._next = began
        deadline = began + self._lifecycle.startup
        reported = began
        with self._bell.listen() as ear:
            while not self._step():
                now = self._clock()
                if now >= deadline:
                    raise self._too_late()
                if now - reported >= REPORT_EVERY:
                    reported = now
                    report()
                self._sleep(ear, min(deadline, reported + REPORT_EVERY))
        return self._unsure

    def _step(self) -> bool:
        """Do what can be done now; gives whether the engine is ready."""
        self._guard()
        if self._call is None:
            if self._clock() >= self._next:
                self._ask()
            return False
        if not self._call.done:
            return False
        self._last = self._call.result()
        self._call = None
        self._next = self._clock() + self._lifecycle.health_interval
        if self._last:
            return False
        # Healthy said whoever answered. The engine may have ended, or lost the port, meanwhile.
        listens = self._listens()
        self._guard()
        return listens

    def _ask(self) -> None:
        if self._listens():
            url = f"http://127.0.0.1:{self._port}/health"
            timeout = self._lifecycle.health_timeout
            self._call = Errand(lambda: ask_health(url, timeout), self._bell, "health")
        else:
            self._next = self._clock() + self._lifecycle.health_interval

    def _listens(self) -> bool:
        pids = self._family.refresh()
        try:
            verdict = refuse_stranger(self._port, pids)
        except Failure:
            self._guard()  # an engine that has just ended holds no socket, which explains more
            raise
        unknown = verdict is Answers.UNKNOWN
        self._unsure = "this system does not tell who listens on the port" if unknown else ""
        return verdict is not Answers.NOBODY

    def _sleep(self, ear: Ear, until: float) -> None:
        if self._call is None:
            until = min(until, self._next)
        ear.wait(until - self._clock())

    def _too_late(self) -> Failure:
        budget = self._lifecycle.startup
        msg = f"the engine was not healthy within {budget:g} s; /health at the end: {self._last}"
        return Failure(msg, hint="raise the start-up budget if the log shows it still loading")


def ask_health(url: str, timeout: float) -> str:
    """Ask once; gives '' for healthy, else what was found instead."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy has no business on the loopback
            answer = session.get(url, timeout=timeout, allow_redirects=False)
    except requests.Timeout:
        return f"no answer within {timeout:g} s"
    except requests.RequestException as error:
        return f"no answer ({type(error).__name__})"
    return "" if answer.status_code == HEALTHY else f"status {answer.status_code}"
