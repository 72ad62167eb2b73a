"""SIGTERM while kernels are compiled: noted at once, acted upon where nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from deployer.errors import Interrupted
from deployer.serve.bell import Bell


class Stop:
    """Whether somebody asked to stop; rings the bell when that happens."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._asked = False

    @contextmanager
    def on_sigterm(self) -> Iterator[None]:
        """Note a SIGTERM instead of dying of it.

        Only the main thread can do so; in another one SIGTERM keeps the meaning that it has.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def check(self) -> None:
        """Raise :class:`Interrupted` once somebody has asked."""
        if self._asked:
            msg = "the compilation of kernels was interrupted"
            raise Interrupted(msg, hint="apply again; what is on the volume by now is kept")

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        self._bell.ring()
