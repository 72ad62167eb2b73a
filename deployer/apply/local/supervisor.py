"""Starts the supervisor of one server, and waits until that server is ready."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections import deque
from typing import TYPE_CHECKING

from deployer.apply.files import PRIVATE_FILE, writing_in
from deployer.apply.local.events import EventReader, size
from deployer.apply.local.process import Identity, identify
from deployer.errors import Failure
from deployer.event import Event
from deployer.serve.processes import spell_exit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.apply.local.folder import Folder
    from deployer.apply.local.parts import Parts
    from deployer.release import Lifecycle

_PAUSE = 0.05  # seconds between two looks at the events
_MARGIN = 60.0  # seconds beyond the supervisor's own budgets, should it not keep them
_TAIL_LINES = 20
_READY = frozenset({"started", "done"})


class Supervisor:
    """A supervisor that this process has started."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Folder, events_from: int) -> None:
        self._process = process
        self._folder = folder
        self._reader = EventReader(folder.events, events_from)
        self.events_from = events_from
        self.identity: Identity = identify(process.pid)

    def wait_until_ready(
        self, life: Lifecycle, warmups: int, on_event: Callable[[Event], None], parts: Parts
    ) -> None:
        """Pass on events until one says that the server is ready.

        Raises Failure as soon as it says that it has failed or ends without a word, and after
        all its budgets.
        """
        deadline = parts.clock() + life.startup + life.warmup * warmups + _MARGIN
        while True:
            code = self._process.poll()  # first this, so that its last words are read below
            for event in self._reader.read():
                on_event(event)
                if event.phase == "serving" and event.state in _READY:
                    return
                if event.phase == "ended":
                    raise self._failure(event.message)
            if code is not None:
                raise self._died(code, on_event, parts)
            if parts.clock() > deadline:
                message = "the server was not ready within all its budgets"
                raise self._failure(message)
            parts.sleep(_PAUSE)

    def refuse_ended(self, on_event: Callable[[Event], None], parts: Parts) -> None:
        """Raise Failure if the server has ended since it was ready."""
        code = self._process.poll()
        for event in self._reader.read():
            on_event(event)
            if event.phase == "ended":
                raise self._failure(event.message)
        if code is not None:
            raise self._died(code, on_event, parts)

    def let_go(self) -> None:
        """Leave the supervisor to itself: from now on it outlives this process.

        Popen warns about a child whose end nobody asked for; nobody shall ask for this one's.
        """
        if self._process.poll() is None:
            self._process.returncode = 0

    def _died(self, code: int, on_event: Callable[[Event], None], parts: Parts) -> Failure:
        message = f"the supervisor ended without saying why: {spell_exit(code)}"
        on_event(Event(parts.now(), "ended", "failed", message, detail=self._tail()))
        return self._failure(message)

    def _failure(self, message: str) -> Failure:
        logs = f"{self._folder.engine_log} and {self._folder.supervisor_log.name} beside it"
        return Failure(message, hint=f"the whole logs: {logs}")

    def _tail(self) -> tuple[str, ...]:
        with (
            contextlib.suppress(OSError),
            self._folder.supervisor_log.open(errors="replace") as log,
        ):
            return tuple(line.rstrip("\n") for line in deque(log, maxlen=_TAIL_LINES))
        return ()


def start(
    command: tuple[str, ...], folder: Folder, environment: Mapping[str, str], digest: str
) -> Supervisor:
    """Start a supervisor on the release in ``folder``, in a session of its own.

    ``digest`` is that of the release as it was compiled, which is what the server calls itself.

    Raises Failure where it cannot be started.
    """
    words = [*command, "--release", str(folder.supervised)]
    words += ["--log", str(folder.engine_log), "--events", str(folder.events)]
    words += ["--digest", digest, "--keys", str(folder.keys)]
    events_from = size(folder.events)
    with writing_in(folder.path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW
        log = os.open(folder.supervisor_log, flags, PRIVATE_FILE)
    try:
        process = subprocess.Popen(
            words,
            cwd=folder.path,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,  # the logs of a private server are private too
        )
    except OSError as error:
        message = f"the supervisor cannot be started: {error}"
        raise Failure(message) from error
    finally:
        os.close(log)
    return Supervisor(process, folder, events_from)
