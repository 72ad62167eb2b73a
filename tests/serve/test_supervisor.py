"""The supervisor process: its signals, its exit codes, its files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from deployer.event import Event

from .living import KEY, PATIENCE, ROOT, Supervisor, leaks, relatives, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.process


def test_it_serves_until_it_is_asked_to_end(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise("--children", "sglang::scheduler", words=("--stream",))
    supervisor.wait_event("serving", "started")
    supervisor.signal(signal.SIGHUP)
    supervisor.signal(signal.SIGTERM)
    assert supervisor.wait() == 0
    assert supervisor.events()[-1].state == "done"
    assert supervisor.output == supervisor.log.read_bytes()
    assert b"loaded" in supervisor.output
    texts = (supervisor.log, supervisor.events_file, supervisor.errors)
    assert not leaks(*(file.read_text() for file in texts))
    assert supervisor.events_file.stat().st_mode & 0o77 == 0


def test_the_key_is_in_no_argument_list(supervise: Callable[..., Supervisor], marker: str) -> None:
    supervisor = supervise("--load", "600", "--children", "sglang::scheduler")
    supervisor.wait_event("load", "started")
    wait_for(lambda: len(relatives(marker)) == 4)
    wait_for(lambda: b"server_args" in supervisor.log.read_bytes())
    for pid in relatives(marker):
        with open(f"/proc/{pid}/cmdline") as words:  # noqa: PTH123 - a kernel file
            assert not leaks(words.read())


def test_a_dead_engine_is_exit_code_1(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise("--children", "sglang::scheduler")
    supervisor.wait_event("serving", "started")
    os.kill(supervisor.engine(), signal.SIGKILL)
    assert supervisor.wait() == 1
    end = supervisor.events()[-1]
    assert (end.phase, end.state) == ("ended", "failed")
    assert "killed by SIGKILL (9)" in end.message
    assert "killed by SIGKILL (9)" in supervisor.errors.read_text()


def test_a_killed_supervisor_leaves_no_engine(
    supervise: Callable[..., Supervisor], marker: str
) -> None:
    supervisor = supervise("--children", "sglang::scheduler")
    supervisor.wait_event("serving", "started")
    assert len(relatives(marker)) == 4
    supervisor.signal(signal.SIGKILL)
    supervisor.wait()
    wait_for(lambda: not relatives(marker))


@pytest.mark.parametrize(
    ("flags", "phase", "number"),
    [
        (("--load", "600"), "load", signal.SIGTERM),
        (("--answer", "never"), "warmup", signal.SIGINT),
    ],
)
def test_a_signal_ends_every_phase(
    supervise: Callable[..., Supervisor], flags: tuple[str, ...], phase: str, number: signal.Signals
) -> None:
    supervisor = supervise(*flags, drain=60)
    supervisor.wait_event(phase, "started")
    supervisor.signal(number)
    assert supervisor.wait() == 0
    drain = next(e for e in supervisor.events() if e.phase == "drain")
    assert drain.message == f"asked to stop during {phase}"
    assert supervisor.events()[-1].message == "stopped"


def test_a_second_signal_ends_the_drain(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise("--tokens", "100000", drain=600)
    supervisor.wait_event("serving", "started")
    answer = requests.post(
        f"http://127.0.0.1:{supervisor.release.listen.port}/v1/chat/completions",
        json={"stream": True},
        headers={"Authorization": f"Bearer {KEY}"},
        stream=True,
        timeout=PATIENCE,
    )
    supervisor.signal(signal.SIGTERM)
    supervisor.wait_event("drain", "started")
    supervisor.signal(signal.SIGINT)
    assert supervisor.wait() == 0
    done = next(e for e in supervisor.events() if (e.phase, e.state) == ("drain", "done"))
    assert "1 of 1 requests were cut off" in done.message
    answer.close()


def test_what_is_no_release_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text(json.dumps({"format_version": 99}))
    names = {"--release": "release.json", "--log": "log", "--events": "events"}
    words = [word for name, file in names.items() for word in (name, str(tmp_path / file))]
    done = subprocess.run(
        [sys.executable, "-m", "deployer.serve", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "format 99" in done.stderr
    assert "Traceback" not in done.stderr
    event = Event.from_json((tmp_path / "events").read_text())
    assert (event.phase, event.state) == ("ended", "failed")


FILLS_UP = """
import resource, sys
from pathlib import Path
from deployer.event import Event
from deployer.serve.__main__ import EventFile

path = Path(sys.argv[1])
events = EventFile(path)
events.write(Event(1.0, "serving", "started", "ready"))
room = path.stat().st_size + 40
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
events.write(Event(2.0, "ended", "failed", "x" * 100))
assert path.read_bytes().endswith(b"\\n"), "half an event"
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
events.write(Event(3.0, "ended", "failed", "there is room again"))
"""


def test_a_disk_that_fills_up_tears_no_event(tmp_path: Path) -> None:
    """What fits of a line is written by the kernel, and the rest is refused."""
    file = tmp_path / "events.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FILLS_UP, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("deployer.serve: cannot write events: File too large")
    told = [Event.from_json(line) for line in file.read_text().splitlines()]
    assert [event.time for event in told] == [1.0, 3.0]
