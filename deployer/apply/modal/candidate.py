"""A candidate on Modal: deployed beside the live app, proven, and ended whatever came of it.

It serves the very release that is to go live, under another name, on the same volumes and secrets.
So what it shows is shown of that release, and is not asked for again where it is promoted. Modal
ends its container by itself soon after nobody asks it any more, should this command be killed.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from deployer.apply.modal.apply import Applied, Pipeline, deploy
from deployer.apply.modal.image_build import seldom
from deployer.apply.modal.listing import candidate_of
from deployer.apply.modal.parts import DEFAULT_PARTS, Parts
from deployer.apply.modal.tags import VERSION, app_tags
from deployer.apply.patience import current
from deployer.errors import Failure
from deployer.plan.candidate import IDLE, beside
from deployer.plan.cost import span
from deployer.plan.standing import DEPLOYED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.apply.modal.client import Account
    from deployer.apply.modal.parts import Alarm
    from deployer.apply.modal.records import Records
    from deployer.apply.modal.things import AppFacts, ListedApp
    from deployer.event import Event
    from deployer.lock.lock import Lock
    from deployer.release import Release

    Judge = Callable[[Applied], str]


class NotPromotedError(Failure):
    """A candidate does not keep what it must, so nothing was made of it (exit 1).

    ``applied`` is what it showed, None where it never served.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        detail: tuple[str, ...] = (),
        applied: Applied | None = None,
    ) -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.applied = applied


class Candidate(Pipeline):
    """One candidate of a release: what is asked of a deployment is asked of it."""

    def __init__(  # noqa: PLR0913 - what a candidate consists of
        self,
        account: Account,
        records: Records,
        release: Release,
        on_event: Callable[[Event], None],
        parts: Parts = DEFAULT_PARTS,
        lock: Lock | None = None,
        *,
        minutes: int,
        key: str,
        judge: Judge,
    ) -> None:
        """Make one that may take so many ``minutes``; ``key`` is what its server is asked with.

        ``judge`` is told what it showed, and gives why it is not to be promoted, '' where it is.
        """
        told = _naming(on_event)
        super().__init__(account, records, release, told, parts, lock)
        self._live = self._parameters.app
        self._parameters = beside(self._parameters, minutes)
        self._minutes, self._key, self._judge = minutes, key, judge
        self._over = threading.Event()
        self._alarm: Alarm | None = None
        self._id = ""

    def __call__(self, file: Path, left: ListedApp | None) -> str:
        """Prove it; gives what to say of it.

        ``left`` is the same release's candidate that an apply that is gone has left. Raises
        NotPromotedError where it does not serve or is judged not to be promoted, and whatever
        interrupts; whatever comes of it, it is ended then. Raises Failure, and ends nothing, where
        something else has its name.
        """
        self._refuse_stranger()
        why: Failure | None = None
        applied: Applied | None = None
        try:
            applied = self._stands(file, left)
            if said := self._judge(applied):
                why = Failure(said)
        except Failure as failure:
            why = failure
        finally:
            trouble = self._away()
        if why is not None:
            raise self._not_promoted(why, trouble, applied) from why
        if trouble:
            self._parts.tell(trouble)
        return f"it kept what it must{'' if trouble else ', and is ended'}"

    def _refuse_stranger(self) -> None:
        app = self._account.app(self._parameters.app)
        if app is None or app.state != DEPLOYED:
            return
        if candidate_of(self._account.tags(app)) != self._live:
            message = f"the app {self._parameters.app} is there, and no candidate of {self._live}"
            raise Failure(message, hint="end it, or apply without `--candidate`")

    def _stands(self, file: Path, left: ListedApp | None) -> Applied:
        with self._phases.phase("deploy", f"app {self._parameters.app}") as phase:
            if self._is_of_use(left):
                phase.result = "an apply that is gone has left this very release: it is taken"
            else:
                self._deploys(file, seldom(phase.progress, self._parts.clock))
                phase.result = f"app {self._parameters.app}, beside {self._live}"
        app, url = self._deployed()
        self._id = app.id
        self._alarm = self._parts.alarm(self._minutes * 60.0, lambda: self._end_late(app))
        self._alarm.start()
        record = replace(self._record(app, url), app=self._live)
        verdicts, sample, _ = self._verified(app, record, self._key, "", tells=True)
        applied = self._applied(record, "candidate", self._hold(verdicts))
        return replace(applied, app=app.name, verdicts=verdicts, sample=sample)

    def _deploys(self, file: Path, hear: Callable[[str], None]) -> None:
        before = self._account.app(self._parameters.app)
        number = before.version + 1 if before is not None and before.state == DEPLOYED else 1
        deploy(
            self._account, self._release, file, hear=hear, number=number, candidate=self._minutes
        )

    def _is_of_use(self, left: ListedApp | None) -> bool:
        """Tell whether what was left is what this deployer would deploy."""
        return left is not None and left.tags.get(VERSION) == app_tags(self._release)[VERSION]

    def _end_late(self, app: AppFacts) -> None:
        """End it when its time is over; who waits for it sees that it is gone."""
        self._over.set()
        with suppress(Failure):  # it is ended again in the end, and that is told
            self._account.stop(app.id)

    def _away(self) -> str:
        """End it; gives what stood in the way, '' where it is gone."""
        if self._alarm is not None:
            self._alarm.cancel()
        name = self._parameters.app
        try:
            with current().tidying():
                app = self._account.app(name)
                if app is not None and app.state == DEPLOYED:
                    self._account.stop(app.id)
        except Failure as failure:
            return (
                f"whether the candidate {name} has ended is not known ({failure.message}): "
                f"`deployer destroy {name}` ends it, and Modal its container after {IDLE} s"
            )
        return ""

    def _not_promoted(
        self, why: Failure, trouble: str, applied: Applied | None
    ) -> NotPromotedError:
        said = why.message
        if self._over.is_set():
            said = f"the {span(self._minutes)} that it was given are over ({said})"
        message = f"the candidate is not promoted, and what is live was not touched: {said}"
        message += f"; {trouble}" if trouble else ""
        hint = f"`modal app logs {self._id}` shows what Modal has kept of its log"
        hint = hint if self._id else why.hint
        error = NotPromotedError(message, hint=hint, detail=why.detail, applied=applied)
        error.state = why.state
        return error


def _naming(on_event: Callable[[Event], None]) -> Callable[[Event], None]:
    """Say of each event that it is the candidate's."""
    return lambda event: on_event(replace(event, message=f"candidate: {event.message}"))
