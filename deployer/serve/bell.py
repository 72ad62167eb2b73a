"""Waiting without polling: threads and signal handlers ring, waiters look again.

Nothing travels with a ring. A waiter looks at the state of the world, sleeps until the next ring
or its own deadline, and looks again; so no order of events can be missed.
"""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class Bell:
    """A bell that any thread and any signal handler may ring.

    There are no locks in it: a signal handler that took the lock of an ``Event`` or a
    ``Condition`` on which its own thread is waiting would wait for ever. ``SimpleQueue.put`` is
    documented to be safe there.
    """

    def __init__(self) -> None:
        self._ears: list[Ear] = []

    def ring(self) -> None:
        """Wake every waiter."""
        for ear in tuple(self._ears):
            ear.wake()

    @contextmanager
    def listen(self) -> Iterator[Ear]:
        """Hear every ring from here on; look at the state only after this."""
        ear = Ear()
        self._ears.append(ear)
        try:
            yield ear
        finally:
            self._ears.remove(ear)


class Ear:
    """One waiter's side of a bell."""

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def wake(self) -> None:
        """Note a ring."""
        self._rings.put(None)

    def wait(self, seconds: float) -> None:
        """Return at the next ring, at once if one is noted, or after ``seconds``."""
        with suppress(queue.Empty):
            self._rings.get(timeout=max(seconds, 0.0))
            while True:
                self._rings.get_nowait()


class Errand(Generic[T]):
    """A blocking call in a thread of its own; the bell rings when it is done.

    The thread is a daemon: an errand that nobody waits for any longer ends with its connection.
    """

    def __init__(self, call: Callable[[], T], bell: Bell, name: str) -> None:
        self._call = call
        self._bell = bell
        self._value: T | None = None
        self._error: BaseException | None = None
        self.done = False
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def result(self) -> T:
        """Give what the call returned or raise what it raised; only after ``done``."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # set when done without an error

    def _run(self) -> None:
        try:
            self._value = self._call()
        except BaseException as error:  # noqa: BLE001 - handed over to the waiter
            self._error = error
        self.done = True
        self._bell.ring()
