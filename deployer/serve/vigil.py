"""Watching over a serving engine: looks, asks and sends what the policy wants, and never waits.

It runs in a thread of its own. Whatever is asked of the engine is asked in further threads, one
question and one request at a time, so that an engine that answers nothing holds up nobody.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from deployer.serve.counters import OK, ask, send_one
from deployer.serve.liveness import Account, Liveness, Observation, Verdict
from deployer.serve.processes import stands_still
from deployer.serve.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.serve.bell import Bell
    from deployer.serve.processes import Process
    from deployer.serve.pulse import Pulse
    from deployer.serve.view import ViewFile

LOOKS = 40
"""Looks in a budget, at most two a second: a hang is told within a second of its budget."""

SHORTEST_LOOK, LONGEST_LOOK = 0.05, 0.5

STALE = 5.0
"""Seconds after which the last pulse of a door says nothing any more."""

WRITE_EVERY = 1.0


class Vigil:
    """The watch over one engine, from when it serves until it ends.

    ``tell`` is called, in the vigil's thread, with each verdict that differs in its state from the
    one before. ``view`` is where others read how the engine is. ``interval`` is how many tokens of
    a stream the engine hands on at a time.
    """

    def __init__(  # noqa: PLR0913 - keyword arguments, each a plain value
        self,
        budget: float,
        *,
        port: int,
        key: str,
        vital: Mapping[Process, str],
        pulse: Callable[[], Pulse | None],
        bell: Bell,
        tell: Callable[[Verdict], None],
        view: ViewFile | None = None,
        interval: int = 1,
    ) -> None:
        self._budget = budget
        self._port = port
        self._key = key
        self._vital = vital
        self._pulse = pulse
        self._bell = bell
        self._tell = tell
        self._view = view
        self._policy = Liveness(budget, interval)
        self._lock = threading.Lock()
        self._account: Account | None = None
        self._asking = False
        self._own_pending = False
        self._returned = 0
        self._written = -WRITE_EVERY
        self._over = threading.Event()
        self.ending = False
        """Whether the server ends: it is sent nothing then."""
        self.verdict = Verdict("busy", "it has just begun to serve")
        self._thread = threading.Thread(target=self._run, name="vigil", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the watch; a question that is under way ends with its connection."""
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        pause = min(max(self._budget / LOOKS, SHORTEST_LOOK), LONGEST_LOOK)
        while not self._over.wait(pause):
            before, self.verdict = self.verdict, self._policy.observe(self._look())
            if self.verdict.ask:
                self._begin("_asking", self._ask)
            if self.verdict.send:
                self._begin("_own_pending", self._send)
            changed = before.state != self.verdict.state
            self._write(now=changed)
            if changed:
                self._tell(self.verdict)
            if self.verdict.state == "hung":
                self._bell.ring()
                return

    def _look(self) -> Observation:
        now = time.monotonic()
        pulse = self._pulse()
        if pulse is not None and now - pulse.at > STALE:
            pulse = None
        with self._lock:
            account, self._account = self._account, None
            pending, returned = self._own_pending, self._returned
        stopped = [name for process, name in self._vital.items() if stands_still(process)]
        return Observation(now, pulse, account, pending, returned, tuple(stopped), self.ending)

    def _begin(self, flag: str, errand: Callable[[], None]) -> None:
        """Do it in a thread, unless the last one is still under way."""
        with self._lock:
            if getattr(self, flag):
                return
            setattr(self, flag, True)
        threading.Thread(target=errand, name=f"vigil{flag}", daemon=True).start()

    def _ask(self) -> None:
        found = ask(self._port, self._key, self._budget)
        with self._lock:
            self._account, self._asking = found, False

    def _send(self) -> None:
        status = send_one(self._port, self._key, self._budget * 2)
        with self._lock:
            self._returned += status == OK
            self._own_pending = False

    def _write(self, *, now: bool) -> None:
        at = time.monotonic()
        if self._view is None or not (now or at - self._written >= WRITE_EVERY):
            return
        self._written = at
        self._view.write(
            View(time.time(), self.verdict.state, self.verdict.reason, self.verdict.sign)
        )
