"""How hard a download tries, and how threads wait together."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """The numbers of a download; times in seconds, sizes in bytes.

    ``workers`` files are fetched together, in pieces of ``piece``. Something that fails is tried
    again after ``first_wait``, then twice that, up to ``longest_wait``: ``idle_tries`` times while
    nothing arrives (about five minutes in all), ``tries`` times even if something does. A hub
    that asks for a wait longer than ``longest_asked`` is not waited for; its window is 5 minutes
    (huggingface_hub 2.4.0, ``parse_ratelimit_headers``). A connection on which one piece takes
    longer than ``slowest`` is given up for another: 5 GB at such a rate would take more than a
    day. An answer that has not begun after ``answer``, and a list that has not ended by then, is
    asked for again. ``copies`` times the same file may arrive with wrong bytes. The volume is
    committed after so many bytes or seconds, whichever is first. A file that several connections
    fetch comes in spans, and so does one of more than ``one_answer`` bytes, which the hub's storage
    sends in no single answer (huggingface_hub 2.4.0, ``MAX_HTTP_DOWNLOAD_SIZE``, and
    huggingface/xet-core#238). At the published 68 MB/s of a connection one of 64 MiB takes a
    second, so that the question for it weighs little, and 32 connections have work in a shard of
    5.3 GB until near its end.
    """

    workers: int = 8
    piece: int = 1024 * 1024
    span: int = 64 * 1024 * 1024
    one_answer: int = 50_000_000_000
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    slowest: float = 30.0
    answer: float = 120.0
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_asked: float = 900.0
    idle_tries: int = 10
    tries: int = 100
    copies: int = 3
    commit_bytes: int = 50_000_000_000
    commit_seconds: float = 300.0
    tick: float = 1.0


PACE = Pace()
"""As :class:`Pace` describes it."""


class Later(Exception):
    """Something that another attempt may get past.

    ``after`` is how many seconds the hub asks for, and None where it does not say.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Stopped(Exception):
    """The download has failed elsewhere; this thread has nothing more to do."""


class Gate:
    """Where the threads of a download wait: one hub serves them all, and one failure ends all."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._closed_until = 0.0

    def stop(self) -> None:
        """Let every thread end at its next step."""
        self._stop.set()

    def check(self) -> None:
        """Raise :class:`Stopped` once the download has failed."""
        if self._stop.is_set():
            raise Stopped

    def close(self, seconds: float) -> None:
        """Let nobody ask the hub for a while: it answered one thread that it is asked too often."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    def enter(self) -> None:
        """Wait until the hub may be asked. Raises :class:`Stopped`."""
        self.check()
        while (left := self._closed_until - time.monotonic()) > 0:
            self.sleep(left)

    def sleep(self, seconds: float) -> None:
        """Wait. Raises :class:`Stopped` at once when the download has failed."""
        if self._stop.wait(seconds):
            raise Stopped


class Patience:
    """The attempts at one thing, named by ``what``, and when they have been enough."""

    def __init__(self, what: str, pace: Pace, gate: Gate) -> None:
        self._what = what
        self._pace = pace
        self._gate = gate
        self._idle = 0
        self._all = 0

    def something_arrived(self) -> None:
        """Begin to count anew the attempts that bring nothing."""
        self._idle = 0

    def until_done(
        self, attempt: Callable[[], T], waiting: Callable[[Later], None] = lambda _: None
    ) -> T:
        """Try until it succeeds. Raises :class:`Failure`, or :class:`Stopped`."""
        while True:
            try:
                self._gate.enter()
                return attempt()
            except Later as later:
                waiting(later)
                self.wait(later)

    def wait(self, later: Later) -> None:
        """Wait for the next attempt. Raises :class:`Failure` if there is none, or ``Stopped``."""
        self._idle += 1
        self._all += 1
        if self._idle > self._pace.idle_tries or self._all > self._pace.tries:
            reason = f"failed {self._all} times, at last because {later.reason}"
            raise self._failure(reason)
        if later.after is None:
            seconds = self._pace.first_wait * 2.0 ** (self._idle - 1)
            self._gate.sleep(min(seconds, self._pace.longest_wait))
        elif later.after > self._pace.longest_asked:
            reason = f"failed: {later.reason}, and asks to wait {later.after:.0f} s"
            raise self._failure(reason)
        else:
            self._gate.close(later.after)

    def _failure(self, text: str) -> Failure:
        hint = "start again later: what is there already stays and is not fetched anew"
        return Failure(f"{self._what} {text}", hint=hint)
