"""How a real engine ends: killed, hung, asked to, and while it only starts.

The tests run in this order, behind those that only ask the server, and each takes the server as the
one before it left it: a start takes ten seconds of CPU. What the supervisor does is tried with a
fake engine at each process (:mod:`tests.serve.test_vigil`), so that one is hung here where there is
not the time for three.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

from deployer.serve.processes import all_processes, title
from tests.life.living import BUDGET, PATIENCE, Life, children
from tests.processes import has_ended
from tests.serve.living import wait_for
from tests.volume import THOROUGH

pytestmark = [pytest.mark.engine]

RANKS = ("sglang::scheduler", "sglang::detokenizer", "launch_server")


def test_a_killed_engine_is_seen_at_once_and_started_again(
    life: Life, applied: subprocess.CompletedProcess[str]
) -> None:
    assert applied.returncode == 0
    before, served = len(life.told("restart")), len(life.told("serving"))
    detokenizer = life.process("detokenizer")
    killed = time.time()
    os.kill(detokenizer, signal.SIGKILL)
    wait_for(lambda: len(life.told("restart")) > before)
    told = life.told("restart")[before]

    assert told["time"] - killed < 30, "SGLang itself takes 66 s"
    assert "detoken" in told["message"]
    wait_for(lambda: len(life.told("serving")) > served)


STOPPED = [("detokenizer", True), ("scheduler", False), ("parent", True)]
"""Which process is stopped, and whether somebody is being answered then."""


@pytest.mark.parametrize(("name", "busy"), STOPPED if THOROUGH else STOPPED[:1])
def test_a_stopped_process_is_told_in_its_budget_and_the_engine_is_started_again(
    life: Life, name: str, *, busy: bool
) -> None:
    wait_for(lambda: life.events()[-1]["phase"] == "serving")
    before, served = len(life.told("restart")), len(life.told("serving"))
    shown = len(life.stacks())
    if busy:
        life.stream(400, [])
    pid = life.process(name)
    stopped = time.time()
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: len(life.told("restart")) > before)
    told = life.told("restart")[before]
    assert f"(process {pid}) stopped for" in told["message"]
    assert told["time"] - stopped >= BUDGET, "a busy machine tells it later, never earlier"
    wait_for(lambda: has_ended(pid))
    ended = time.time()
    wait_for(lambda: [one for one in life.stacks()[shown:] if _shows_all(one)])
    sys.stdout.write(
        f"{name}: told {told['time'] - stopped - BUDGET:.2f} s after its budget, "
        f"gone {ended - told['time']:.2f} s later\n"
    )
    wait_for(lambda: len(life.told("serving")) > served)
    assert life.process(name) != pid
    wait_for(lambda: life.status()["state"] == "serving")
    assert life.status()["restarts"] == len(life.told("restart"))


def _shows_all(titles: list[str]) -> bool:
    return all(any(rank in each for each in titles) for rank in RANKS)


def test_sigterm_lets_a_stream_finish(life: Life) -> None:
    supervisor = life.status()["pid"]
    chunks: list[tuple[float, Any]] = []
    asking = life.stream(1000, chunks)
    told = time.monotonic()
    os.kill(supervisor, signal.SIGTERM)
    asking.join(PATIENCE)

    assert not asking.is_alive()
    assert chunks[-1][0] > told, "the stream was still running when the end was asked for"
    assert chunks[-1][1].choices[0].finish_reason in {"stop", "length"}
    wait_for(lambda: life.status()["state"] == "stopped")
    assert [e for e in life.events() if e["phase"] == "drain"]
    assert not life.processes()
    assert port_is_free(life.port)


def test_what_has_ended_starts_as_its_profile_says_by_now_and_its_death_is_seen(life: Life) -> None:
    """That a server that runs is replaced is seen in `test_gate.py`."""
    stopped = life.status()["digest"]
    text = life.profile.read_text(encoding="utf-8")
    changed = text.replace("max_running_requests: 48", "max_running_requests: 16")
    assert changed != text
    life.profile.write_text(changed, encoding="utf-8")
    with starting(life) as applying:
        engine = life.process("parent")
        wait_for(lambda: children(engine))
        words = title(all_processes()[engine])
        killed = time.time()
        os.kill(engine, signal.SIGKILL)
        said, _ = applying.communicate()
    last = life.events()[-1]

    assert "What changes in cpu-tiny:\n  ~ --max-running-requests  48 -> 16" in said
    assert "--max-running-requests 16" in words
    assert applying.returncode == 1, said
    assert (last["phase"], last["state"]) == ("ended", "failed")
    assert last["time"] - killed < 30, "SGLang itself takes 66 s"
    assert "SIGKILL" in last["message"]
    wait_for(lambda: not life.processes())
    status = life.status()
    assert (status["state"], status["digest"] == stopped) == ("failed", False)
    assert life.deployer("status", "cpu-tiny", code=1).stdout


def test_destroy_leaves_no_process_no_port_and_no_file_of_what_only_starts(life: Life) -> None:
    with starting(life) as applying:
        applying.kill()  # as long as it lives, it has the deployment to itself
    ours = life.processes()
    ran = life.deployer("destroy", str(life.profile))

    assert ours
    assert "`cpu-tiny` is gone" in ran.stdout
    assert not life.processes()
    assert port_is_free(life.port)
    assert not life.state.exists() or not any(p.name != "lock" for p in life.state.iterdir())
    told = life.deployer("status", "--offline", code=1).stdout
    assert "Nothing is on record on this machine." in told
    told = life.deployer("destroy", str(life.profile), code=2).stderr
    assert "there is no deployment named `cpu-tiny` on record on this machine" in told


def starting(life: Life) -> subprocess.Popen[str]:
    """Begin to apply; returns once an engine's process is there."""
    applying = subprocess.Popen(
        [sys.executable, "-m", "deployer", "apply", str(life.profile), "--yes"],
        env=life.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_for(lambda: applying.poll() is not None or life.engines())
    return applying


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
