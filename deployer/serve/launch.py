"""Starting the engine: its command line, its environment, and the process itself."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.credentials import without_credentials
from deployer.errors import Failure
from deployer.serve.counters import METRICS_FLAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from deployer.release import Release

LEAD = Path(__file__).with_name("lead.py")

MARK = "DEPLOYER_ENGINE"
"""The variable that an engine hands down: by its value its processes are found as orphans too."""


OTEL_HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")


def command_line(release: Release, extra: Sequence[str]) -> tuple[str, ...]:
    """Give the engine's words with ``extra`` and what we need at their end."""
    words = release.argv()
    if any(word == "--config" or word.startswith("--config=") for word in words):
        # SGLang takes one --config only, and that one has to hold the key.
        msg = "the release passes --config to the engine, which the runtime needs for its keys"
        raise Failure(msg, hint="write the options of that file into the profile itself")
    # Only with its metrics does SGLang count what has come out of it (serve/counters.py).
    metrics = () if METRICS_FLAG in words else (METRICS_FLAG,)
    return (*words, *metrics, *extra)


def engine_environment(
    release: Release, environ: Mapping[str, str], keys: Iterable[str]
) -> dict[str, str]:
    """Give the engine's variables: ours and the release's, without any that holds a client's key.

    Of ours, credentials stay behind: a container has all variables of its secrets, and the image's
    own, which the engine needs.
    """
    stated = {each.name: each.value for each in release.environment}
    return _without(keys, release, {**without_credentials(environ), **stated})


def door_environment(
    release: Release, environ: Mapping[str, str], keys: Iterable[str]
) -> dict[str, str]:
    """Give our own variables to the door, which is told what it needs of the keys elsewhere.

    What a profile states for traces it is given, too, and their headers as the environment has
    them: they are for whoever takes the traces.
    """
    traces = {each.name: each.value for each in release.environment if each.name[:5] == "OTEL_"}
    traces |= {name: environ[name] for name in OTEL_HEADERS if name in environ}
    return _without(keys, release, {**without_credentials(environ), **traces})


def _without(keys: Iterable[str], release: Release, variables: Mapping[str, str]) -> dict[str, str]:
    variable, hidden = release.listen.api_key_variable, [key for key in keys if key]
    return {
        name: value
        for name, value in variables.items()
        if not (variable and (name == variable or name.startswith(f"{variable}__")))
        and not any(key in value for key in hidden)
    }


class EngineProcess:
    """The running engine, in a session and process group of its own.

    ``PR_SET_PDEATHSIG`` (see ``lead.py``) speaks of the death of the *thread* that forked, not
    of its process. So the thread that starts the engine is the one that waits for its end: it
    lives exactly as long as the engine, whichever thread calls us.
    """

    def __init__(
        self, words: Sequence[str], environ: Mapping[str, str], on_end: Callable[[], None]
    ) -> None:
        self._words = [sys.executable, "-I", "-S", str(LEAD), str(os.getpid()), *words]
        self.mark = f"{MARK}={uuid.uuid4().hex}"
        """What stands in the environment of everything that it starts."""
        self._environ = {**environ, MARK: self.mark.partition("=")[2]}
        self._on_end = on_end
        self.returncode: int | None = None
        born: queue.SimpleQueue[subprocess.Popen[bytes] | OSError | ValueError] = (
            queue.SimpleQueue()
        )
        self._keeper = threading.Thread(target=self._keep, args=(born,), name="engine", daemon=True)
        self._keeper.start()
        outcome = born.get()
        if not isinstance(outcome, subprocess.Popen):
            msg = f"the engine cannot be started: {outcome}"
            raise Failure(msg) from outcome
        self._popen = outcome
        self.pid = outcome.pid

    @property
    def output(self) -> int:
        """The file descriptor from which the engine's stdout and stderr are read."""
        if self._popen.stdout is None:  # pragma: no cover - always a pipe
            msg = "the engine has no output"
            raise Failure(msg)
        return self._popen.stdout.fileno()

    def ask_to_end(self) -> None:
        """Send SIGTERM to the parent alone: SGLang takes one to its group for a crash."""
        with suppress(ProcessLookupError):
            self._popen.send_signal(signal.SIGTERM)

    def settle(self, seconds: float) -> None:
        """Wait until its end is known, for at most ``seconds``."""
        self._keeper.join(seconds)

    def close(self) -> None:
        """Close our end of the pipe."""
        if self._popen.stdout is not None:
            self._popen.stdout.close()

    def _keep(
        self, born: queue.SimpleQueue[subprocess.Popen[bytes] | OSError | ValueError]
    ) -> None:
        try:
            popen = subprocess.Popen(
                self._words,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            born.put(error)
            return
        born.put(popen)
        self.returncode = popen.wait()
        self._on_end()
