"""The real engine, stopped at each of its processes: told within its budget, ended, started again.

One server lives through all of it, because each start of the engine takes half a minute. Where
there is not the time for three, it is stopped at one: what the supervisor does is tried with a fake
engine at each of them (:mod:`tests.serve.test_vigil`).
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from deployer.engine.install import EngineEnvironment
from deployer.serve.processes import all_processes, title
from tests.life.living import processes
from tests.ports import free_port
from tests.processes import has_ended
from tests.volume import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.engine,
]

BUDGET = 15.0
"""Seconds. A busy machine must not make a hang: our own request for one token has three quarters
of it, many times what this model takes for one."""

RANKS = ("sglang::scheduler", "sglang::detokenizer", "launch_server")

PATIENCE = 400.0


class Server:
    """A local deployment of the tiny model, by the command line."""

    def __init__(self, root: Path) -> None:
        self.port = free_port()
        text = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
        text = text.replace("port: 8000", f"port: {self.port}")
        # One more in a row than is usual: three are stopped here, and one is killed.
        ours = f"lifecycle:\n  restarts: 4\n  hang_timeout: {BUDGET:g}"
        text = text.replace("lifecycle:", ours)
        self.profile = root / "cpu-tiny.yaml"
        self.profile.write_text(text, encoding="utf-8")
        self.environ = {k: v for k, v in os.environ.items() if k != "API_KEY"}
        self.folder = root / "state"
        self.environ["XDG_STATE_HOME"] = str(self.folder)
        self.state = self.folder / "deployer" / "local" / "cpu-tiny"

    def deployer(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deployer", *words],
            capture_output=True,
            text=True,
            env=self.environ,
            timeout=1500,
            check=False,
        )

    def events(self) -> list[dict[str, Any]]:
        text = (self.state / "events.jsonl").read_text(encoding="utf-8")
        whole, _, _ = text.rpartition("\n")  # what follows is being written
        return [json.loads(line) for line in whole.splitlines()]

    def told(self, phase: str, state: str = "started") -> list[dict[str, Any]]:
        return [e for e in self.events() if (e["phase"], e["state"]) == (phase, state)]

    def status(self) -> dict[str, Any]:
        ran = self.deployer("status", "cpu-tiny", "--format", "json")
        (found,) = json.loads(ran.stdout)["deployments"]
        return dict(found)

    def serves(self) -> bool:
        return bool(self.events()[-1]["phase"] == "serving")

    def stacks(self) -> list[list[str]]:
        """Give the titles of the processes whose stacks the log shows, hang by hang."""
        log = (self.state / "engine.log").read_text(encoding="utf-8", errors="replace")
        return [
            re.findall(r"^\[deployer\] process \d+: (.*)$", shown, re.MULTILINE)
            for shown in log.split("where its processes stand:")[1:]
        ]

    def engines(self) -> list[int]:
        """Give the process of the engine, if it runs."""
        supervisor = json.loads((self.state / "state.json").read_text())["supervisor"]["pid"]
        return [each.pid for each in all_processes().values() if _is_engine(each, supervisor)]

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

    def stream(self) -> threading.Thread:
        """Ask for a long stream; returns when its first bytes are there."""
        begun = threading.Event()
        key = (self.state / "api-key").read_text(encoding="utf-8").strip()

        def read() -> None:
            body = {
                "model": "glm-tiny",
                "messages": [{"role": "user", "content": "Count from 1 to 200."}],
                "stream": True,
                "max_tokens": 14000,
                "ignore_eos": True,
            }
            try:
                answer = requests.post(
                    f"http://127.0.0.1:{self.port}/v1/chat/completions",
                    json=body,
                    headers={"Authorization": f"Bearer {key}"},
                    stream=True,
                    timeout=PATIENCE,
                )
                for _ in answer.iter_content(64):
                    begun.set()
            except requests.RequestException:
                pass

        asking = threading.Thread(target=read, daemon=True)
        asking.start()
        assert begun.wait(PATIENCE)
        return asking


def _is_engine(process: Any, supervisor: int) -> bool:
    return process.parent == supervisor and "launch_server" in title(process)


def wait_until(holds: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def server(
    engine_environment: EngineEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    del engine_environment
    made = Server(tmp_path_factory.mktemp("hang"))
    try:
        # That it keeps its promises is asked in :mod:`tests.life.test_real_life`.
        ran = made.deployer("apply", str(made.profile), "--yes", "--no-verify")
        assert ran.returncode == 0, ran.stderr
        yield made
    finally:
        made.deployer("destroy", str(made.profile))


STOPPED = [("detokenizer", True), ("scheduler", False), ("parent", True)]
"""Which process is stopped, and whether somebody is being answered then."""


@pytest.mark.parametrize(("name", "busy"), STOPPED if THOROUGH else STOPPED[:1])
def test_a_stopped_process_is_told_in_its_budget_and_the_engine_is_started_again(
    server: Server, name: str, *, busy: bool
) -> None:
    wait_until(server.serves)
    before, served = len(server.told("restart")), len(server.told("serving"))
    shown = len(server.stacks())
    if busy:
        server.stream()
    pid = server.process(name)
    stopped = time.time()
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: len(server.told("restart")) > before)
    told = server.told("restart")[before]
    assert f"(process {pid}) stopped for" in told["message"]
    assert told["time"] - stopped >= BUDGET, "a busy machine tells it later, never earlier"
    wait_until(lambda: has_ended(pid))
    ended = time.time()
    wait_until(lambda: [one for one in server.stacks()[shown:] if _shows_all(one)])
    sys.stdout.write(
        f"{name}: told {told['time'] - stopped - BUDGET:.2f} s after its budget, "
        f"gone {ended - told['time']:.2f} s later\n"
    )
    wait_until(lambda: len(server.told("serving")) > served)
    assert server.process(name) != pid
    wait_until(lambda: server.status()["state"] == "serving")
    assert server.status()["restarts"] == len(server.told("restart"))


def _shows_all(titles: list[str]) -> bool:
    return all(any(rank in each for each in titles) for rank in RANKS)


def test_the_engine_itself_being_killed_is_seen_at_once(server: Server) -> None:
    before = len(server.told("restart"))
    killed = time.time()
    os.kill(server.process("parent"), signal.SIGKILL)
    wait_until(lambda: len(server.told("restart")) > before)
    told = server.told("restart")[before]

    assert told["time"] - killed < 30, "SGLang itself takes 66 s"
    assert "SIGKILL" in told["message"]


def test_destroy_leaves_no_process_no_port_and_no_file(server: Server) -> None:
    """Also where the engine only starts; one that serves is ended by SIGTERM in the other file."""
    wait_until(server.engines)
    ours = processes(server.folder)
    ran = server.deployer("destroy", str(server.profile))

    assert ours
    assert "`cpu-tiny` is gone" in ran.stdout
    assert not processes(server.folder)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0
    assert not server.state.exists() or not any(p.name != "lock" for p in server.state.iterdir())
