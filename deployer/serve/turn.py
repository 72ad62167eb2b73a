"""Another release in the place of one that serves: started beside it, proven, then let in.

The door stays where it is. It hands what comes to the new engine from one moment on, and what is in
flight is answered by the old one, which ends after that: no connection is refused, no stream is
lost. Where the new engine does not get so far, nobody has noticed anything.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from deployer.codec import encode
from deployer.errors import Failure
from deployer.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.release import Release
    from deployer.serve.control import Say
    from deployer.serve.runtime import Runtime


class Turn:
    """One such change, from what was asked to the end of the old engine.

    ``make`` makes the runtime of a release that has the present door, and tells its events to a
    function. ``emit`` keeps events: those of the new engine only once it serves.
    """

    def __init__(
        self, make: Callable[..., Runtime], emit: Callable[[Event], None], say: Say
    ) -> None:
        self._make = make
        self._emit = emit
        self._say = say
        self._held: list[Event] | None = []
        self.runtime: Runtime | None = None

    def start(
        self, release: Release, environ: Mapping[str, str], digest: str, gone: threading.Event
    ) -> bool:
        """Start it and let it in; False where that did not come to be, which is told."""
        self.runtime = runtime = self._make(release, environ, digest, self._take)
        watching = threading.Thread(target=self._watch, args=(runtime, gone), daemon=True)
        watching.start()
        try:
            if runtime.start():
                self._keep()
                return True
            runtime.stop()
            self._say({"failed": "it was asked to end before it served"})
        except Failure as failure:
            runtime.stop()
            self._say({"failed": failure.message, "hint": failure.hint})
        return False

    def _watch(self, runtime: Runtime, gone: threading.Event) -> None:
        gone.wait()
        if self._held is not None:
            runtime.request_stop()

    def _take(self, event: Event) -> None:
        self._say({"event": encode(event)})
        if self._held is None:
            self._emit(event)
        else:
            self._held.append(event)

    def _keep(self) -> None:
        held, self._held = self._held or [], None
        for event in held:
            self._emit(event)


def retired(old: Runtime, emit: Callable[[Event], None], say: Say) -> None:
    """End the engine that was there before, and tell how."""
    message = f"the engine before it: {old.retire()}"
    emit(Event(time.time(), "serving", "progress", message))
    say({"ended": message})
