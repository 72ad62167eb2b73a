"""Seeing the engine's children die at once.

When SGLang's detokenizer is killed, the parent takes 66 s to end, and 6 s when it is the
scheduler; all that time ``/health`` hangs and requests are lost (measured with 0.5.23). The
kernel tells us at once: a pidfd becomes readable when its process ends.
"""

from __future__ import annotations

import os
import selectors
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from deployer.serve.processes import Family, Process, read_process, spell_exit, title

if TYPE_CHECKING:
    from deployer.serve.bell import Bell

TITLE = "sglang::"
"""How SGLang's children begin their title (setproctitle in managers/scheduler.py and others)."""

LOOK_EVERY = 0.2
"""Seconds between two looks at /proc where the kernel has no pidfd_open (before 5.3, gVisor)."""

TRACKER = "multiprocessing.resource_tracker"


def vital_children(family: Family) -> dict[Process, str]:
    """Give the processes without which the engine is dead, with their titles.

    These are SGLang's own among all descendants; for an engine that names none, its direct
    children, save Python's resource tracker, which may come and go.
    """
    everyone = {process: title(process) for process in family.refresh().values()}
    own = {
        process: name
        for process, name in everyone.items()
        if process.pid != family.leader and TITLE in {name[:8], process.command[:8]}
    }
    if own:
        return own
    direct = {
        process: name for process, name in everyone.items() if process.parent == family.leader
    }
    return {process: name for process, name in direct.items() if TRACKER not in name}


class Watcher:
    """Watches processes in a thread of its own and rings the bell when one has ended."""

    def __init__(self, processes: dict[Process, str], bell: Bell) -> None:
        self._titles = processes
        self._bell = bell
        self._lost: Process | None = None
        self._wake, self._waker = os.pipe()
        self._descriptors = self._open()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> str:
        """Which process has ended, and how if that can be known; '' while all live."""
        if self._lost is None:
            return ""
        now = read_process(self._lost.pid)
        how = "has ended"
        if now is not None and now.dead and self._lost.same(now):
            # Nobody has waited for it yet, so the kernel still shows its wait status.
            how = f"has ended: {spell_exit(os.waitstatus_to_exitcode(now.status))}"
        return f"{self._titles[self._lost][:100]} (process {self._lost.pid}) {how}"

    def close(self) -> None:
        """Stop watching."""
        os.close(self._waker)
        self._thread.join()
        os.close(self._wake)
        for descriptor in self._descriptors:
            os.close(descriptor)

    def _open(self) -> dict[int, Process]:
        """Open a pidfd for each; fewer than there are processes where that is not possible."""
        found: dict[int, Process] = {}
        for process in self._titles:
            with suppress(OSError, AttributeError):
                found[os.pidfd_open(process.pid)] = process
        return found

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            for descriptor in self._descriptors:
                selector.register(descriptor, selectors.EVENT_READ)
            blind = len(self._descriptors) < len(self._titles)
            while True:
                # The id may have changed hands before its pidfd was opened: look once by hand.
                self._lost = next((p for p in self._titles if self._ended(p)), None)
                if self._lost is not None:
                    self._bell.ring()
                    return
                ready = selector.select(LOOK_EVERY if blind else None)
                if any(key.fd == self._wake for key, _ in ready):
                    return

    @staticmethod
    def _ended(process: Process) -> bool:
        now = read_process(process.pid)
        return now is None or now.dead or not process.same(now)
