"""Reading an app's log while something else is waited for: it explains, and decides nothing."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Self

from deployer.diagnose.line import parse, unbarred
from deployer.diagnose.stages import mark
from deployer.errors import Failure
from deployer.serve.lines import arrived_of, boot_of, from_line
from deployer.serve.log import newest

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.apply.modal.client import Account
    from deployer.diagnose.boot import Boot
    from deployer.event import Event
    from deployer.serve.weights.arrived import Arrived

TAIL = 20
DETAIL = "    "
"""How a container's line begins that explains the event above it."""

DETAILS = 20
"""Lines of a report that are shown; the end of the engine's log follows it."""

PATIENCE = 5.0
"""Seconds in which the last lines may still arrive once nothing more is waited for."""


class Following:
    """Reads a log in a thread of its own while entered.

    ``on_event`` gets what a container told, with the container. What one said is kept for that one
    alone. A log that cannot be read stops nothing; ``trouble`` says so.
    """

    def __init__(
        self,
        account: Account,
        app_id: str,
        on_event: Callable[[str, Event], None],
        on_arrived: Callable[[Arrived], None] = lambda _: None,
    ) -> None:
        self._account = account
        self._app_id = app_id
        self._on_event = on_event
        self._on_arrived = on_arrived
        self._over = threading.Event()
        self._read_all = threading.Event()
        self._thread = threading.Thread(target=self._read, name="logs", daemon=True)
        self._lock = threading.Lock()
        self._lines: dict[str, deque[str]] = {}
        self._failures: dict[str, str] = {}
        self._reports: dict[str, tuple[str, ...]] = {}
        self._stages: dict[str, str] = {}
        self._boots: list[tuple[str, Boot]] = []
        self._early: set[str] = set()
        self._newest = ""
        self.ended = False
        """Whether Modal said that the app has ended."""
        self.trouble = ""

    def __enter__(self) -> Self:
        """Begin to read."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Read what is there, and end."""
        self._over.set()
        self._thread.join(PATIENCE)

    def caught_up(self, seconds: float) -> bool:
        """Wait until all that was written before has been read; whether it has been."""
        return self._read_all.wait(seconds)

    def early(self) -> set[str]:
        """Give the containers that had written something when the reading began."""
        with self._lock:
            return set(self._early)

    def speakers(self) -> set[str]:
        """Give the containers that wrote something."""
        with self._lock:
            return set(self._lines) - {""}

    def failure(self, task: str) -> str:
        """Give what a container said when it failed; '' where it did not."""
        with self._lock:
            return self._failures.get(task, "")

    def report(self, task: str) -> tuple[str, ...]:
        """Give what a container reported of its failure."""
        with self._lock:
            return self._reports.get(task, ())

    def stage(self, tasks: set[str]) -> str:
        """Give the stage of an engine's start that one of these containers told last."""
        with self._lock:
            return next((self._stages[one] for one in reversed(self._stages) if one in tasks), "")

    def boots(self, tasks: set[str]) -> tuple[Boot, ...]:
        """Give the starts that these containers told."""
        with self._lock:
            return tuple(boot for task, boot in self._boots if task in tasks)

    def last(self, tasks: set[str] | None = None) -> str:
        """Give the newest line that says something: of these containers, or of any."""
        with self._lock:
            if tasks is not None and self._newest not in tasks:
                chosen = next((lines for name, lines in self._lines.items() if name in tasks), ())
                return newest(tuple(chosen))
            return newest(tuple(self._lines.get(self._newest, ())))

    def tail(self) -> tuple[str, ...]:
        """Give the last lines of the container that spoke last."""
        with self._lock:
            return tuple(self._lines.get(self._newest, ()))

    def _read(self) -> None:
        try:
            for line in self._account.logs(self._app_id, self._over.is_set, self._hear_trouble):
                if line is None:
                    self._read_all.set()
                elif line.text.strip():
                    self._take(line.task, line.when, line.text)
            self.ended = not self._over.is_set()
        except Failure as failure:
            self.trouble = failure.message
        finally:
            self._read_all.set()

    def _hear_trouble(self, words: str) -> None:
        self.trouble = words

    def _take(self, task: str, when: float, text: str) -> None:
        event = from_line(text, when)
        with self._lock:
            self._newest = task
            lines = self._lines.setdefault(task, deque(maxlen=TAIL))
            if shown := unbarred(text.rstrip().rpartition("\r")[2]):
                lines.append(shown)
            if not self._read_all.is_set():
                self._early.add(task)
            if event is not None and (event.phase, event.state) == ("ended", "failed"):
                self._failures[task] = event.message
            if event is None:
                self._note(task, text)
        if event is not None:
            self._on_event(task, event)
        elif arrived := arrived_of(text):
            self._on_arrived(arrived)

    def _note(self, task: str, line: str) -> None:
        """Take what stands between two events: a report, a record, the engine's own lines."""
        report = self._reports.get(task, ())
        if task in self._failures and line.startswith(DETAIL) and len(report) < DETAILS:
            self._reports[task] = (*report, line.strip())
        elif boot := boot_of(line):
            self._boots.append((task, boot))
        elif told := mark(parse(line).text):
            self._stages.pop(task, None)
            self._stages[task] = told.stage
