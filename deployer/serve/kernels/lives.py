"""Seeing at once that the server which compiles has died.

``sglang.compile_deep_gemm`` starts a server in a child and asks it every 10 s for an answer, until
its own timeout of an hour, also when that child is dead (0.5.10.post1 and 0.5.23). So the child is
looked for among the processes, and watched.
"""

from __future__ import annotations

import os

from deployer.serve.processes import Family, Process, read_process, spell_exit, title
from deployer.serve.watch import TITLE

SPAWNED = "multiprocessing.spawn"
"""In the command line of a child that Python's multiprocessing has spawned, as upstream does. The
tracker of its resources is another module, and short-lived tools are other programs."""


class Lives:
    """Watches the server and the engine's own processes beneath it: schedulers, detokenizer.

    The leader itself is not among them; whoever started it hears of its end anyway.
    """

    def __init__(self, family: Family) -> None:
        self._family = family
        self._seen: dict[tuple[int, int], tuple[Process, str]] = {}

    def lost(self) -> str:
        """Look once; say which process has ended and how, or '' while all that were seen live."""
        members = self._family.refresh()
        alive = {(each.pid, each.started) for each in members.values()}
        for identity, (process, name) in self._seen.items():
            if identity not in alive:
                return f"{name} (process {process.pid}) {_how(process)}"
        for process in members.values():
            identity = (process.pid, process.started)
            if identity not in self._seen and (name := self._name(process)):
                self._seen[identity] = (process, name)
        return ""

    def _name(self, process: Process) -> str:
        """Give a name to a process that has to live, '' to every other."""
        words = title(process)
        if words.startswith(TITLE) or process.command.startswith(TITLE):
            return words[:100]
        if process.parent == self._family.leader and SPAWNED in words:
            return "the server that compiles"
        return ""


def _how(process: Process) -> str:
    """Say how it ended, as long as nobody has waited for it."""
    now = read_process(process.pid)
    if now is None or not now.dead or not process.same(now):
        return "has ended"
    return f"has ended: {spell_exit(os.waitstatus_to_exitcode(now.status))}"
