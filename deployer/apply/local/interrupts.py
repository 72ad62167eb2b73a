"""Ctrl-C, a closed terminal and a polite kill: all three end a command, at a safe place."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """While entered, the first SIGINT, SIGTERM or SIGHUP raises KeyboardInterrupt.

    Not where held: then it is raised after the block. ``first`` is the one that was heard. Further
    signals raise nothing, so that tidying up is never cut short; they set ``hurried``, and tidying
    up waits for nobody.

    A SIGINT or SIGHUP that is ignored from the start (a shell's ``&``, ``nohup``) stays ignored.
    SIGTERM never does: there is always a way to end an apply that lets it tidy up. Outside the
    main thread, where Python allows no handlers, this does nothing.
    """

    def __init__(self) -> None:
        self.hurried = False
        self.first: signal.Signals | None = None
        self._held = False
        self._hushed = False
        self._waiting = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                before = signal.getsignal(number)
                ignored = before is signal.SIG_IGN and number != signal.SIGTERM
                if before is not None and not ignored:
                    self._before[number] = before
                    signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing interrupt the block; a signal that came meanwhile is heard after it."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            if self._waiting:
                self._interrupt()

    def hush(self) -> None:
        """Raise nothing from now on: all is done, or is being tidied up."""
        self._hushed = True

    def _receive(self, number: int, _frame: object) -> None:
        if self.first is None:
            self.first = signal.Signals(number)
        if self._hushed:
            self.hurried = True
        elif self._held:
            self._waiting = True
        else:
            self._interrupt()

    def _interrupt(self) -> None:
        self._hushed = True
        raise KeyboardInterrupt
