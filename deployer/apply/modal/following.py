"""Reading an app's log while something else is waited for."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Self

from deployer.diagnose.line import parse
from deployer.diagnose.stages import mark
from deployer.errors import Failure
from deployer.serve.lines import boot_of, from_line
from deployer.serve.log import newest

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.apply.modal.client import Account
    from deployer.diagnose.boot import Boot
    from deployer.event import Event

TAIL = 20
DETAIL = "    "
"""How a container's line begins that explains the event above it."""

DETAILS = 20
"""Lines of a report that are shown; the end of the engine's log follows it."""

PATIENCE = 5.0
"""Seconds in which the last lines may still arrive once nothing more is waited for."""


class Following:
    """Reads a log in a thread of its own while entered.

    ``on_event`` gets what the container told; ``since`` (seconds since the epoch) leaves out what
    is older. ``last`` is the newest line, ``stage`` the one of the engine's start that was told
    last, ``failure`` what a container said when it failed, and ``report`` what it said about that;
    ``boots`` are the starts that it told. A log that cannot be read stops nothing; ``trouble`` says
    so.
    """

    def __init__(
        self, account: Account, app_id: str, since: float, on_event: Callable[[Event], None]
    ) -> None:
        self._account = account
        self._app_id = app_id
        self._since = since
        self._on_event = on_event
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="logs", daemon=True)
        self._lines: deque[str] = deque(maxlen=TAIL)
        self.stage = ""
        self.failure = ""
        self.report: tuple[str, ...] = ()
        self.boots: tuple[Boot, ...] = ()
        self.trouble = ""

    def __enter__(self) -> Self:
        """Begin to read."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Read what is there, and end."""
        self._over.set()
        self._thread.join(PATIENCE)

    @property
    def last(self) -> str:
        """The newest line that says something; '' before there is any."""
        return newest(tuple(self._lines))

    def tail(self) -> tuple[str, ...]:
        """Give the last lines."""
        return tuple(self._lines)

    def _read(self) -> None:
        try:
            for when, line in self._account.logs(self._app_id, self._over.is_set):
                if when >= self._since:
                    self._take(when, line)
        except Failure as failure:
            self.trouble = failure.message

    def _take(self, when: float, line: str) -> None:
        if line.strip():
            self._lines.append(line)
        event = from_line(line, when)
        if event is None:
            self._note(line)
            return
        if (event.phase, event.state) == ("ended", "failed"):
            self.failure = event.message
        self._on_event(event)

    def _note(self, line: str) -> None:
        """Take what stands between two events: a report, a record, the engine's own lines."""
        if self.failure and line.startswith(DETAIL) and len(self.report) < DETAILS:
            self.report = (*self.report, line.strip())
        elif boot := boot_of(line):
            self.boots = (*self.boots, boot)
        elif told := mark(parse(line).text):
            self.stage = told.stage
