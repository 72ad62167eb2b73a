"""One deployment on the real engine, driven by the command line as a user drives it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai import APIError, OpenAI

from deployer.serve.processes import all_processes, title

BUDGET = 20
"""Seconds after which a hang is told. A busy machine must not make one: our own request for one
token has three quarters of it, many times what this model takes for one."""

PATIENCE = 400.0
"""Seconds after which something will not come about any more."""


@dataclass
class Life:
    """One deployment: its profile, its state folder, and how it is spoken to."""

    profile: Path
    port: int
    environ: dict[str, str]
    state: Path
    seen: set[int] = field(default_factory=set)
    engine_keys: list[str] = field(default_factory=list)

    def deployer(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [sys.executable, "-m", "deployer", *words],
            capture_output=True,
            text=True,
            env=self.environ,
            timeout=1500,
            check=False,
        )
        assert ran.returncode == code, f"{words}\n{ran.stdout}\n{ran.stderr}\n{self.log()}"
        self.seen |= self.processes()
        return ran

    def status(self) -> dict[str, Any]:
        ran = subprocess.run(
            [sys.executable, "-m", "deployer", "status", "cpu-tiny", "--format", "json"],
            capture_output=True,
            text=True,
            env=self.environ,
            check=False,
        )
        (found,) = json.loads(ran.stdout)["deployments"]
        return dict(found)

    def key(self) -> str:
        return (self.state / "api-key").read_text(encoding="utf-8").strip()

    def log(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join((self.state / "engine.log").read_text().splitlines()[-30:])
        return "(no log)"

    def client(self) -> OpenAI:
        return OpenAI(
            base_url=f"http://127.0.0.1:{self.port}/v1", api_key=self.key(), max_retries=0
        )

    def processes(self) -> set[int]:
        return processes(self.state.parents[2])

    def events(self) -> list[dict[str, Any]]:
        text = (self.state / "events.jsonl").read_text(encoding="utf-8")
        whole, _, _ = text.rpartition("\n")  # what follows is being written
        return [json.loads(line) for line in whole.splitlines()]

    def told(self, phase: str, state: str = "started") -> list[dict[str, Any]]:
        return [e for e in self.events() if (e["phase"], e["state"]) == (phase, state)]

    def engines(self) -> list[int]:
        """Give the process of the engine, if it runs."""
        supervisor = json.loads((self.state / "state.json").read_text())["supervisor"]["pid"]
        return [
            each.pid
            for each in all_processes().values()
            if each.parent == supervisor and "launch_server" in title(each)
        ]

    def process(self, name: str) -> int:
        """Give the process of the engine that bears a name; `parent` is the engine's own."""
        (parent,) = self.engines()
        if name == "parent":
            return parent
        (found,) = (
            each.pid
            for each in all_processes().values()
            if each.parent == parent and title(each).startswith(f"sglang::{name}")
        )
        return found

    def stacks(self) -> list[list[str]]:
        """Give the titles of the processes whose stacks the log shows, hang by hang."""
        log = (self.state / "engine.log").read_text(encoding="utf-8", errors="replace")
        return [
            re.findall(r"^\[deployer\] process \d+: (.*)$", shown, re.MULTILINE)
            for shown in log.split("where its processes stand:")[1:]
        ]

    def stream(self, most: int, chunks: list[tuple[float, Any]]) -> threading.Thread:
        """Ask for so many tokens, kept with when they came; returns once the first is there."""
        first = threading.Event()

        def read() -> None:
            with contextlib.suppress(APIError):
                for chunk in self.client().chat.completions.create(
                    model="glm-tiny",
                    messages=[{"role": "user", "content": "Count from 1 to 200."}],
                    stream=True,
                    temperature=0,
                    max_tokens=most,
                    extra_body={"ignore_eos": True},
                ):
                    chunks.append((time.monotonic(), chunk))
                    first.set()

        asking = threading.Thread(target=read, daemon=True)
        asking.start()
        assert first.wait(PATIENCE)
        return asking


def processes(folder: Path) -> set[int]:
    """Give the processes that have a folder of states in their environment or arguments.

    And their descendants: a process that gives itself a title writes over its environment.
    """
    found = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                said = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                if str(folder).encode() in said:
                    found.add(int(entry.name))
    waiting = list(found)
    while waiting:
        for child in children(waiting.pop()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    return []
