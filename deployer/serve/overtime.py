"""Tells, while a server starts, which stage takes longer than its budget: at once, and once.

A start that is late is not ended by it; it may be the only one there is.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from deployer.diagnose.boot import TOTAL, Allowed, Late

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deployer.diagnose.recorder import Recorder

LOOK_EVERY = 0.5
"""Seconds between two looks."""


class Overtime:
    """Looks at what a start has taken so far, in a thread of its own, while entered.

    ``budgets`` are those of the stages, and of the whole start under :data:`TOTAL`. Without any
    there is no thread. ``tell`` is called with each that is passed, in that thread.
    """

    def __init__(
        self, budgets: Iterable[Allowed], recorder: Recorder, tell: Callable[[Late], None]
    ) -> None:
        self._budgets = {each.name: each.seconds for each in budgets}
        self._recorder = recorder
        self._tell = tell
        self._passed: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="overtime", daemon=True)

    def __enter__(self) -> None:
        """Begin to look."""
        if self._budgets:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Look a last time, and end; nothing is told after it."""
        self._over.set()
        if self._budgets:
            self._thread.join()
            self._look()

    def took(self, name: str) -> tuple[float, float]:
        """Give how long a stage has taken so far, and its budget; 0 where it has none."""
        return self._taken().get(name, 0.0), self._budgets.get(name, 0.0)

    def _run(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self._look()

    def _look(self) -> None:
        for name, seconds in self._taken().items():
            allowed = self._budgets.get(name, 0.0)
            if allowed and seconds > allowed and name not in self._passed:
                self._passed.add(name)
                self._tell(Late(name, seconds, allowed))

    def _taken(self) -> dict[str, float]:
        found = {TOTAL: self._recorder.seconds}
        for stage in self._recorder.stages():
            found[stage.name] = found.get(stage.name, 0.0) + stage.seconds
        return found
