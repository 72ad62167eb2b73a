"""SIGTERM while kernels are compiled: noted at once, acted upon where nothing is half done."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

from deployer.errors import Interrupted
from deployer.serve.bell import Bell


class Stop:
    """Notes a SIGTERM while it is entered, instead of dying of it, and rings the bell.

    Only the main thread can do so; in another one SIGTERM keeps the meaning that it has.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._asked = False
        self._installed = False

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._ask)
            self._installed = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGTERM, self._before)

    def check(self) -> None:
        """Raise :class:`Interrupted` once SIGTERM has come."""
        if self._asked:
            msg = "the compilation of kernels was interrupted"
            raise Interrupted(msg, hint="apply again; kernels that were copied are kept")

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        self._bell.ring()
