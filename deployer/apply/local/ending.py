"""Ends a server: it is asked first and gets time to drain; what then remains is killed."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.apply.local.family import family
from deployer.apply.local.process import Identity, is_alive, send
from deployer.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deployer.apply.local.folder import Folder
    from deployer.apply.local.parts import Parts

_KILL = 10.0  # seconds for the kernel to end what was killed
_LAST_WORDS = 2.0  # seconds for the engine to follow its supervisor by itself
_PAUSE = 0.05
_TELL_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Ending:
    """Whom to end: the supervisor if one is known, and all that belongs to the deployment."""

    folder: Folder
    supervisor: Identity | None
    known: tuple[Identity, ...]


def end(
    ending: Ending,
    budget: float,
    parts: Parts,
    *,
    progress: Callable[[str], None] = lambda _: None,
    hurried: Callable[[], bool] = lambda: False,
) -> int:
    """End a server within ``budget`` seconds of draining; give how many processes were killed.

    Once ``hurried`` says so, waiting is over. Raises Failure where something survives SIGKILL.
    """
    # Written down while the parents live: orphans are found by this list or by their mark.
    known = (*ending.known, *family(ending.folder.path, ending.known))
    if ending.supervisor is not None and send(ending.supervisor, signal.SIGTERM):
        watch = _Watch(ending.supervisor, parts, progress, hurried)
        gone = watch.until_gone(budget + parts.margin)
        if not gone and not hurried():
            progress("the drain budget is over: the server is told to end now")
            send(ending.supervisor, signal.SIGTERM)
            gone = watch.until_gone(parts.haste)
        if gone:
            _settle(known, parts)
    return kill(ending.folder, known, parts)


def kill(folder: Folder, known: Iterable[Identity], parts: Parts) -> int:
    """Kill every process of the deployment and give how many there were.

    Raises Failure where one survives.
    """
    known = tuple(known)
    killed: set[Identity] = set()
    deadline = parts.clock() + _KILL
    # Again and again: what is killed may just have started something.
    while left := family(folder.path, known):
        killed |= left
        for each in left:
            send(each, signal.SIGKILL)
        if parts.clock() > deadline:
            names = ", ".join(str(each.pid) for each in left)
            message = f"processes of `{folder.name}` cannot be ended: {names}"
            raise Failure(message)
        parts.sleep(_PAUSE)
    return len(killed)


def _settle(known: tuple[Identity, ...], parts: Parts) -> None:
    deadline = parts.clock() + _LAST_WORDS
    while any(map(is_alive, known)) and parts.clock() < deadline:
        parts.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class _Watch:
    supervisor: Identity
    parts: Parts
    progress: Callable[[str], None]
    hurried: Callable[[], bool]

    def until_gone(self, budget: float) -> bool:
        start = told = self.parts.clock()
        while is_alive(self.supervisor):
            now = self.parts.clock()
            if now - start > budget or self.hurried():
                return False
            if now - told > _TELL_EVERY:
                told = now
                took = f"{now - start:.0f} s of at most {budget:.0f} s"
                self.progress(f"waiting for the server to end: {took}")
            self.parts.sleep(_PAUSE)
        return True
