"""One engine, started as a user would start it: its log read as it comes, its end made sure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from readings import read

SCHEDULER = b"sglang::scheduler"
"""The title that a scheduler takes before it touches a GPU (``run_scheduler_process``)."""

LOOK_EVERY = 0.02

GONE = 60.0
"""Seconds that killed processes and their GPU memory get to go."""


class Server:
    """An engine in a process group of its own; its log goes to ``log``.

    ``held`` stops it before it touches a GPU: imports are most of a start, and may go on while
    another engine is measured; ``resume`` lets it go on.
    """

    def __init__(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        *,
        held: bool = False,
        ranks: int = 1,
    ) -> None:
        self.began = time.monotonic()
        self.steps: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.ranks = ranks
        self._held = held
        self._changed = threading.Condition()
        self._log = log
        self.process = subprocess.Popen(
            list(words), env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if held:
            threading.Thread(target=self._hold, daemon=True).start()

    def resume(self) -> None:
        """Let a held engine touch the GPU."""
        with self._changed:
            self._held = False
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of the engine."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait until the log or the process says so; False when it has ended or time is up."""
        limit = time.monotonic() + seconds
        with self._changed:
            while not done():
                left = limit - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    return bool(done())
                self._changed.wait(min(left, 0.5))
        return True

    def has(self, step: str, count: int = 1) -> bool:
        """Whether the log has told of a step so many times."""
        told = sum(1 for each in self.steps if each["step"] == step)
        return told >= count

    def end(self) -> None:
        """Kill all of it and wait until it is gone."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join(GONE)

    def _hold(self) -> None:
        """Stop every scheduler as soon as it has its title, until they may go on."""
        stopped: set[int] = set()
        while len(stopped) < self.ranks and self.process.poll() is None:
            for folder in Path("/proc").glob("[0-9]*"):
                pid = int(folder.name)
                if pid in stopped or _group(folder) != self.process.pid or not _titled(folder):
                    continue
                with self._changed, suppress(ProcessLookupError):
                    if not self._held:
                        return
                    os.kill(pid, signal.SIGSTOP)
                stopped.add(pid)
            time.sleep(LOOK_EVERY)

    def _read(self) -> None:
        with self._log.open("w", encoding="utf-8") as log:
            for raw in self.process.stdout or ():
                line = raw.decode("utf-8", "replace").rstrip().split("\r")[-1]
                at = time.monotonic() - self.began
                log.write(f"{at:8.2f} {line}\n")
                log.flush()
                with self._changed:
                    self.lines.append(line)
                    if step := read(line, at):
                        self.steps.append(step)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


def _group(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[2])
    except (OSError, IndexError, ValueError):
        return 0


def _titled(process: Path) -> bool:
    try:
        return (process / "cmdline").read_bytes().startswith(SCHEDULER)
    except OSError:
        return False


def call(port: int, path: str, body: object = None, timeout: float = 120) -> tuple[int, Any]:
    """Ask the engine; gives the status and the JSON, 0 and why where there is no answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=data, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text.strip() else None
    except urllib.error.HTTPError as error:
        return error.code, error.read()[:300].decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        return 0, repr(error)[:300]
