"""Reading an app's log while something else is waited for."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Self

from deployer.errors import Failure
from deployer.serve.lines import from_line
from deployer.serve.log import newest

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.apply.modal.client import Account
    from deployer.event import Event

TAIL = 20
PATIENCE = 5.0
"""Seconds in which the last lines may still arrive once nothing more is waited for."""


class Following:
    """Reads a log in a thread of its own while entered.

    ``on_event`` gets what the container told; ``since`` (seconds since the epoch) leaves out what
    is older. ``last`` is the newest line, ``failure`` what a container said when it failed. A log
    that cannot be read stops nothing; ``trouble`` says so.
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
        self.failure = ""
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
            return
        if (event.phase, event.state) == ("ended", "failed"):
            self.failure = event.message
        self._on_event(event)
