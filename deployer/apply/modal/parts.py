"""What an apply on Modal reaches out with, as parameters that a test can replace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from deployer.apply.proof import Sample, Verify, sample, verify


class Alarm(Protocol):
    """What calls something when its time has come: a :class:`threading.Timer`, or a test's own."""

    def start(self) -> None:
        """Let the time begin."""

    def cancel(self) -> None:
        """Call nothing any more."""


def alarm(seconds: float, call: Callable[[], None]) -> Alarm:
    """Make an alarm that keeps no process from its end."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    return timer


@dataclass(frozen=True, slots=True)
class Parts:
    """Clocks and patience, in seconds.

    ``capacity`` is how long nobody has to have given us a container before we give up, ``pause``
    lies between two questions to a server that is not ready, ``look`` between two looks at its
    containers, ``answer`` bounds one of them: Modal
    itself redirects after 150 s (modal.com/docs/guide/webhook-timeouts). ``margin`` is what a
    container gets beyond its own start-up budget. ``stay`` says, after an interrupt, whether what
    runs on Modal shall go on; None where nobody would come back for it, and it is ended. ``tell``
    hears what becomes of what others have left. ``alarm`` bounds how long a candidate may be there.
    """

    verify: Verify = verify
    sample: Sample = sample
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    capacity: float = 1800.0
    pause: float = 2.0
    look: float = 1.0
    answer: float = 170.0
    margin: float = 120.0
    stay: Callable[[str], bool] | None = None
    tell: Callable[[str], None] = lambda _: None
    alarm: Callable[[float, Callable[[], None]], Alarm] = alarm


DEFAULT_PARTS = Parts()
