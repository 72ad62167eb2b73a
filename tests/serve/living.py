"""Releases, supervisors and runtimes for the tests of this room, and a look at what they leave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.event import Event
from deployer.release import (
    Argument,
    Engine,
    Hardware,
    Lifecycle,
    Listen,
    ModelSource,
    Release,
    StageBudget,
    Variable,
    WarmupRequest,
)
from deployer.serve.processes import all_processes
from deployer.serve.runtime import Runtime
from tests.ports import free_port
from tests.processes import title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-'quoted\"-and-\\slashed/0123456789"
VARIABLE = "DEPLOYER_TEST_KEY"
FAKE = Path(__file__).with_name("fake_engine.py")
ROOT = Path(__file__).parents[2]
PATIENCE = 900.0
"""Seconds after which something will not come any more, on the slowest machine."""

CHAT = WarmupRequest("chat", '{"messages": []}', ("content", "reasoning_content"))
TOOLS = WarmupRequest("tools", '{"messages": []}', ("tool_calls",))


def make_release(
    *flags: str,
    port: int = 0,
    key: bool = True,
    restarts: int = 0,
    stages: dict[str, float] | None = None,
    **budgets: float,
) -> Release:
    port = port or free_port()
    times = {
        "startup": PATIENCE,
        "health_interval": 0.05,
        "health_timeout": 60,
        "warmup": PATIENCE,
        "drain": PATIENCE,
        "hang": PATIENCE,
    }
    arguments = (
        Argument("--model-path", ("/models/fake",), "model.path"),
        *(Argument(flag, (), "engine.args") for flag in flags),
    )
    return Release(
        name="fake",
        target="local",
        model=ModelSource("builtin", "fake", "", "/models/fake", "fake"),
        engine=Engine("fake", "0", "", (sys.executable, "-I", "-S", str(FAKE))),
        hardware=Hardware("cpu", 1),
        listen=Listen("127.0.0.1", port, VARIABLE if key else ""),
        arguments=arguments,
        environment=(Variable("FROM_RELEASE", "yes", "engine.environment"),),
        lifecycle=Lifecycle(
            **{name: float(value) for name, value in {**times, **budgets}.items()},
            restarts=restarts,
            stage_budgets=tuple(StageBudget(*each) for each in (stages or {}).items()),
        ),
        warmup=(CHAT, TOOLS),
    )


def environ() -> dict[str, str]:
    return {**os.environ, VARIABLE: KEY}


def wait_for(what: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait until ``what`` gives something true, and give that.

    Who waits computes a fifth of the time at most: some questions start a process.
    """
    deadline = time.monotonic() + patience
    while True:
        asked = time.monotonic()
        if found := what():
            return found
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(max(0.02, 4 * (time.monotonic() - asked)))


def titled(name: str, marker: str) -> int:
    """Give the process of a test that bears a title."""
    return next(pid for pid in relatives(marker) if title_of(pid).startswith(name))


def relatives(marker: str) -> list[int]:
    """Find living processes by a word of their environment: also strays, also orphans."""
    found = []
    for pid, process in all_processes().items():
        try:
            variables = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if not process.dead and marker.encode() in variables and pid != os.getpid():
            found.append(pid)
    return found


@dataclass
class Story:
    """A runtime in this process, and the events that it told."""

    release: Release
    folder: Path
    marker: str
    events: list[Event] = field(default_factory=list)
    stream: Any = None
    view: Any = None

    def __post_init__(self) -> None:
        self.log = self.folder / "engine.log"
        self.runtime = Runtime(
            self.release,
            {**environ(), "MARKER": self.marker},
            emit=self.events.append,
            log_file=self.log,
            stream=self.stream,
            view=self.view,
        )

    def phases(self) -> list[str]:
        told = [f"{e.phase}/{e.state}" for e in self.events if e.state != "progress"]
        assert all(Event.from_json(e.to_json()) == e for e in self.events)
        return told

    def pid(self) -> int:
        running = self.runtime._running
        assert running is not None
        return running.process.pid

    def leaks(self) -> bool:
        return leaks(self.log.read_text(), "".join(e.to_json() for e in self.events))


@dataclass
class Supervisor:
    """``python -m deployer.serve`` as a process."""

    release: Release
    folder: Path
    marker: str
    words: tuple[str, ...] = ()
    key: str = KEY

    def __post_init__(self) -> None:
        (self.folder / "release.json").write_text(self.release.to_json())
        self.log = self.folder / "engine.log"
        self.events_file = self.folder / "events.jsonl"
        self.errors = self.folder / "stderr"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deployer.serve", *self.options(), *self.words],
                cwd=ROOT,
                env={**environ(), VARIABLE: self.key, "MARKER": self.marker},
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def options(self) -> Iterator[str]:
        for name, file in (
            ("--release", self.folder / "release.json"),
            ("--log", self.log),
            ("--events", self.events_file),
        ):
            yield from (name, str(file))

    def events(self) -> list[Event]:
        lines = self.events_file.read_text() if self.events_file.exists() else ""
        return [
            Event.from_json(line) for line in lines.splitlines(keepends=True) if line[-1] == "\n"
        ]

    def wait_event(self, phase: str, state: str, past: int = 0) -> Event:
        """Wait for an event that comes after the first ``past``."""

        def look() -> Event | None:
            assert self.process.poll() is None or phase == "ended", self.errors.read_text()
            told = self.events()[past:]
            return next((e for e in told if (e.phase, e.state) == (phase, state)), None)

        found: Event = wait_for(look)
        return found

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        output, _ = self.process.communicate(timeout=PATIENCE)
        self.output = output
        return self.process.returncode

    def engine(self) -> int:
        found = wait_for(lambda: engines_of(self.process.pid))
        return int(found[0])


def children_of(pid: int) -> list[int]:
    return [p.pid for p in all_processes().values() if p.parent == pid and not p.dead]


def engines_of(pid: int) -> list[int]:
    """Find the engine among a supervisor's children: the other one is its door."""
    return [each for each in children_of(pid) if b"door/run.py" not in words_of(each)]


def words_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def leaks(*texts: str) -> bool:
    forms = (KEY, json.dumps(KEY)[1:-1], repr(KEY)[1:-1], json.dumps(json.dumps(KEY)[1:-1])[1:-1])
    return any(form in text for form in (*forms, "0123456789") for text in texts)
