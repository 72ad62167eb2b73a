"""The supervisor process: ``python -m deployer.serve --release FILE --log FILE --events FILE``.

It runs one engine until SIGTERM or SIGINT and exits with 0 after the drain, 1 when the engine
failed, 2 when it was called wrongly. An engine that has served and then died or hung is started
again, as often as the release allows. It goes on when its terminal goes away. Events are appended
to the events file, one JSON object a line; how the engine is just now stands beside it.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    gc.disable()  # what is imported is no garbage

from deployer.errors import DeployerError, Failure, UsageError
from deployer.event import Event
from deployer.release import Release
from deployer.serve.bell import Bell
from deployer.serve.control import Control
from deployer.serve.restarts import Restarts
from deployer.serve.runtime import Runtime
from deployer.serve.turn import Turn, retired
from deployer.serve.view import VIEW, ViewFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deployer.serve.control import Say
    from deployer.serve.front import Front


class EventFile:
    """Events as JSON lines, each on the disk's side before the next is told.

    A full disk loses events, which is said once, and never stops the engine.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            msg = f"cannot write the events file {path}: {error.strerror}"
            raise UsageError(msg) from error
        self._complained = False

    def write(self, event: Event) -> None:
        """Append one event; a single write, so that a reader sees whole lines."""
        try:
            self._append(f"{event.to_json()}\n".encode())
        except OSError as error:
            if not self._complained:
                _say(f"cannot write events: {error.strerror}")
            self._complained = True

    def _append(self, line: bytes) -> None:
        """Append all of a line or nothing: a disk that fills up takes a part, and says so later."""
        start = os.fstat(self._file).st_size
        written = os.write(self._file, line)
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError:
            with suppress(OSError):  # no file, as /dev/full is none
                os.ftruncate(self._file, start)
            raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the supervisor; gives its exit code."""
    options = _parse(arguments)
    try:
        events = EventFile(options.events)
        try:
            _supervise(options, events)
        except UsageError as error:
            events.write(Event(time.time(), "ended", "failed", error.message))
            raise
    except DeployerError as error:
        _say(error.message)
        if error.hint:
            _say(f"hint: {error.hint}")
        return error.exit_code
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deployer.serve", description=__doc__)
    parser.add_argument("--release", type=Path, required=True, help="the release, as JSON")
    parser.add_argument("--log", type=Path, required=True, help="the engine's output goes here")
    parser.add_argument("--events", type=Path, required=True, help="events go here, a line each")
    parser.add_argument("--digest", default="", help="what the release is called on record")
    parser.add_argument("--keys", type=Path, help="a folder with further keys of clients")
    parser.add_argument("--stream", action="store_true", help="show the engine's output as well")
    return parser.parse_args(arguments)


class Supervision:
    """One engine after another, until somebody asks for the end or no restart is left."""

    def __init__(self, options: argparse.Namespace, events: EventFile) -> None:
        self._options = options
        self._events = events
        self._release = _read_release(options.release)
        self._bell = Bell()
        self._stops = 0
        self._runtime: Runtime | None = None
        self._front: Front | None = None
        self._environ: Mapping[str, str] = os.environ
        self._digest = options.digest
        self._turning = threading.Lock()
        self._turn: Turn | None = None
        self._view = ViewFile(options.events.with_name(VIEW))
        self._restarts = Restarts(
            self._release.lifecycle.restarts, events.write, lambda: self._stops > 0, time.monotonic
        )

    def request_stop(self) -> None:
        """Ask for the end; may be called from a signal handler."""
        self._stops += 1
        self._bell.ring()
        if self._runtime:
            self._runtime.request_stop()
        if self._turn and self._turn.runtime:
            self._turn.runtime.request_stop()

    def run(self) -> None:
        """Supervise to the end. Raises :class:`~deployer.errors.Failure` where it is a bad one."""
        control = Control(self._options.events.parent, self._answer)
        try:
            self._run()
        finally:
            control.close()
            with self._turning:
                pass  # what is turning ends: it has been asked to
            if self._front:
                self._front.close()

    def _run(self) -> None:
        while True:
            try:
                self._live()
            except Failure:
                if self._restarts.pause is None:
                    raise
            else:
                return
            if not self._slept(self._restarts.pause):
                message = "stopped between two starts"
                self._events.write(Event(time.time(), "ended", "done", message))
                return

    def _live(self) -> None:
        self._runtime = runtime = self._make(
            self._release, self._environ, self._digest, self._restarts.take
        )
        if self._stops:
            runtime.request_stop()
        try:
            if runtime.start():
                self._front = runtime.front
                self._watch()
        finally:
            self._runtime.stop()
            self._front = self._runtime.front  # one for all engines: no connection is refused

    def _make(
        self,
        release: Release,
        environ: Mapping[str, str],
        digest: str,
        emit: Callable[[Event], None],
    ) -> Runtime:
        options = self._options
        return Runtime(
            release,
            environ,
            emit=emit,
            log_file=options.log,
            # Unbuffered: nothing is left in a buffer for the end, when the reader may be gone.
            stream=open(1, "wb", buffering=0, closefd=False) if options.stream else None,
            view=self._view,
            digest=digest,
            keys=options.keys,
            front=self._front,
            lasting=True,
        )

    def _watch(self) -> None:
        """Watch the engine that serves, and whichever takes its place."""
        while runtime := self._runtime:
            try:
                runtime.watch()
            except Failure:
                with self._turning:  # another one may be about to take its place
                    if self._runtime is runtime:
                        raise
                runtime.stop()
            if self._runtime is runtime:
                return

    def _answer(self, asked: dict[str, Any], say: Say, gone: threading.Event) -> None:
        """Take another release, as a command asks; the old engine goes when it is done."""
        old = self._runtime
        if old is None or not old.serves:
            say({"refused": "no engine serves that another one could take the place of"})
            return
        release = Release.from_json(asked["release"])
        environ, digest = dict(asked["environ"]), str(asked["digest"])
        with self._turning:
            self._turn = turn = Turn(self._make, self._restarts.take, say)
            if turn.start(release, environ, digest, gone) and turn.runtime:
                self._release, self._environ, self._digest = release, environ, digest
                self._runtime = turn.runtime
                old.step_aside()
            else:
                return
        say({"turned": True})
        retired(old, self._restarts.take, say)

    def _slept(self, seconds: float) -> bool:
        """Wait before a restart; False where somebody asks for the end meanwhile."""
        with self._bell.listen() as ear:
            deadline = time.monotonic() + seconds
            while not self._stops and time.monotonic() < deadline:
                ear.wait(deadline - time.monotonic())
        return not self._stops


def _supervise(options: argparse.Namespace, events: EventFile) -> None:
    supervision = Supervision(options, events)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervision.request_stop())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if ignored, no exit code would reach us
    supervision.run()


def _read_release(path: Path) -> Release:
    try:
        return Release.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        msg = f"cannot read the release {path}: {reason}"
        raise UsageError(msg) from error


def _say(message: str) -> None:
    try:
        sys.stderr.write(f"deployer.serve: {message}\n")
        sys.stderr.flush()
    except OSError:
        pass


if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    sys.exit(main())
