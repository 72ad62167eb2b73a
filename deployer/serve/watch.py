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

from deployer.serve.processes import (
    Family,
    Process,
    all_processes,
    read_process,
    spell_exit,
    title,
)

if TYPE_CHECKING:
    from deployer.serve.bell import Bell

TITLE = "sglang::"
"""How SGLang's children begin their title (setproctitle in managers/scheduler.py and others)."""

LOOK_EVERY = 0.2
"""Seconds between two looks at /proc where the kernel has no pidfd_open (before 5.3, gVisor)."""

GROWS_EVERY = 0.5
"""Seconds between two looks for new children of an engine that is not complete yet."""

TRACKER = "multiprocessing.resource_tracker"


def named_children(family: Family) -> dict[Process, str]:
    """Give SGLang's own processes among all descendants, with their titles.

    A title is given early (setproctitle at the begin of each ``run_..._process``). One that came
    and died between two looks, and for which its parent has not waited, is among them.
    """
    everyone = {process: title(process) for process in family.refresh().values()}
    everyone |= {each: each.command for each in all_processes().values() if each.dead}
    return {
        process: name
        for process, name in everyone.items()
        if process.pid != family.leader
        and TITLE in {name[:8], process.command[:8]}
        and (not process.dead or process.parent == family.leader)
    }


def vital_children(family: Family) -> dict[Process, str]:
    """Give the processes without which a ready engine is dead, with their titles.

    For an engine that names none these are its direct children, save Python's resource tracker,
    which may come and go.
    """
    if own := named_children(family):
        return own
    direct = {
        process: title(process)
        for process in family.refresh().values()
        if process.parent == family.leader
    }
    return {process: name for process, name in direct.items() if TRACKER not in name}


class Watcher:
    """Watches an engine's processes in a thread of its own, and rings when one has ended.

    Until :meth:`settle` says that the engine is complete, it looks for new ones that bear a title.
    """

    def __init__(self, family: Family, bell: Bell) -> None:
        self._family = family
        self._bell = bell
        self._lost: Process | None = None
        self._settled = False
        self._closed = False
        self._titles: dict[Process, str] = {}
        self._descriptors: dict[int, Process] = {}
        self._wake, self._waker = os.pipe()
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

    @property
    def watched(self) -> dict[Process, str]:
        """The processes without which the engine is dead, with their titles."""
        return dict(self._titles)

    def settle(self) -> None:
        """Take the children that are there for all that there will be."""
        self._settled = True
        self._add(vital_children(self._family))
        os.write(self._waker, b"!")

    def close(self) -> None:
        """Stop watching."""
        self._closed = True
        os.close(self._waker)
        self._thread.join()
        os.close(self._wake)
        for descriptor in self._descriptors:
            os.close(descriptor)

    def _add(self, processes: dict[Process, str]) -> None:
        """Open a pidfd for each that is new; none where that is not possible."""
        known = {(each.pid, each.started) for each in self._titles}
        fresh = {p: name for p, name in processes.items() if (p.pid, p.started) not in known}
        for process in fresh:
            with suppress(OSError, AttributeError):
                self._descriptors[os.pidfd_open(process.pid)] = process
        self._titles |= fresh

    def _run(self) -> None:
        while not self._closed:
            if not self._settled:
                self._add(named_children(self._family))
            # The id may have changed hands before its pidfd was opened: look once by hand.
            self._lost = next((p for p in tuple(self._titles) if self._ended(p)), None)
            if self._lost is not None:
                self._bell.ring()
                return
            self._sleep()

    def _sleep(self) -> None:
        """Wait until one has ended, or it is time to look by hand."""
        blind = len(self._descriptors) < len(self._titles)
        pause = None if self._settled else GROWS_EVERY
        if blind:
            pause = LOOK_EVERY
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            for descriptor in tuple(self._descriptors):
                selector.register(descriptor, selectors.EVENT_READ)
            if any(key.fd == self._wake for key, _ in selector.select(pause)):
                os.read(self._wake, 1)

    @staticmethod
    def _ended(process: Process) -> bool:
        now = read_process(process.pid)
        return now is None or now.dead or not process.same(now)
