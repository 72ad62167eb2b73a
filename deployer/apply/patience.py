"""How long a command waits for somebody else, and what it says while it does."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from deployer.errors import NotReached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHOWN = 2.0
"""Seconds after which it is shown what is waited for."""

TIDYING = 20.0
"""Seconds that ending what was begun may take, beyond the time of a command or after Ctrl-C."""

LEAST = 0.05
"""Seconds that a question gets at least, so that it is asked at all."""


class Patience:
    """The time of a whole command, and whom it tells what it waits for.

    ``seconds`` is what ``--timeout`` says, None for no limit: then each question has its own.
    """

    def __init__(
        self,
        seconds: float | None = None,
        tell: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self.tell = tell
        self._clock = clock
        self._until = None if seconds is None else clock() + seconds

    def bound(self, most: float) -> float:
        """Give the seconds that a question may take, which may take ``most`` by itself."""
        if self._until is None:
            return most
        return min(most, max(LEAST, self._until - self._clock()))

    def refuse_over(self, waited_for: str) -> None:
        """Raise NotReached where the time of the command is over."""
        if self._until is not None and self._clock() >= self._until:
            message = f"the {self.seconds:g} s of `--timeout` are over: {waited_for}"
            raise NotReached(message, hint="a larger `--timeout`, or none, waits for longer")

    @contextlib.contextmanager
    def tidying(self) -> Iterator[None]:
        """Give the block :data:`TIDYING` seconds, whatever is left: it ends what was begun."""
        before = self._until
        self._until = self._clock() + TIDYING
        try:
            yield
        finally:
            self._until = before

    @contextlib.contextmanager
    def waiting(self, waited_for: str) -> Iterator[None]:
        """Say after :data:`SHOWN` seconds what the block waits for."""
        timer = threading.Timer(SHOWN, self.tell, (f"waiting for {waited_for}",))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


_current = [Patience()]


def current() -> Patience:
    """Give the patience of the command that runs."""
    return _current[-1]


@contextlib.contextmanager
def using(patience: Patience) -> Iterator[None]:
    """Let the block have this patience."""
    _current.append(patience)
    try:
        yield
    finally:
        _current.remove(patience)
