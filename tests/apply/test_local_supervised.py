"""The local target with the real supervisor, beside the fake engine of its own tests."""

from __future__ import annotations

import dataclasses
import http.client
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployer.apply.local.logs import logs
from deployer.apply.local.parts import Parts
from deployer.apply.local.process import is_alive
from deployer.apply.local.state import read_state
from deployer.apply.local.status import status
from deployer.errors import Failure
from deployer.release import Argument, Engine, StageBudget, WarmupRequest
from tests.processes import title_of

from .world import VERSION, World, fake_parts, make_release, wait_until

if TYPE_CHECKING:
    from deployer.release import Release

pytestmark = pytest.mark.process

FAKE_ENGINE = Path(__file__).parents[1] / "serve" / "fake_engine.py"


@pytest.fixture
def real(world: World) -> World:
    world.parts = fake_parts(world.home, supervisor=Parts().supervisor)
    return world


def supervised(world: World, *flags: str) -> Release:
    plain = make_release(world.port)
    return dataclasses.replace(
        plain,
        engine=Engine("sglang", VERSION, "", (sys.executable, str(FAKE_ENGINE))),
        arguments=(*plain.arguments, *(Argument(flag, (), "engine.args") for flag in flags)),
        warmup=(WarmupRequest("chat", '{"messages": []}', ("content",)),),
    )


def test_a_whole_life(real: World) -> None:
    release = supervised(real)
    applied = real.apply(release)
    assert applied.outcome == "created"
    assert [each.phase for each in applied.phases][-6:] == [
        "launch", "load", "memory", "warmup", "reckon", "verify",
    ]  # fmt: skip
    assert real.apply(release).outcome == "unchanged"
    assert applied.key_file is not None
    key = applied.key_file.read_text().strip()
    shown = list(logs("demo", environ=real.environ))
    assert any("[redacted]" in line for line in shown)
    assert not any(key in line for line in shown)
    state = read_state(real.folder())
    assert state is not None

    os.kill(state.supervisor.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, state.known())))
    assert [each.state for each in status(environ=real.environ)] == ["dead"]
    assert real.apply(release).outcome == "restarted"

    assert real.destroy().killed == 0


def stream(world: World, key: str) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
    """Begin a stream that does not end by itself; whoever drops it has gone."""
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=600)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", '{"stream": true}', headers)
    answer = connection.getresponse()
    assert answer.read(4) == b"data"
    return answer, connection


def test_frozen_streams_are_not_vouched_for(real: World) -> None:
    """Its health says 200 and its record "verified", and no token leaves it."""
    plain = supervised(real, "--children", "sglang::detokenizer", "--tokens", "1000000")
    release = dataclasses.replace(
        plain, lifecycle=dataclasses.replace(plain.lifecycle, hang=8.0, restarts=0, drain=1.0)
    )
    applied = real.apply(release)
    assert applied.key_file is not None
    key = applied.key_file.read_text().strip()
    held = stream(real, key)
    wait_until(lambda: "make progress" in observed(real))
    assert real.apply(release).outcome == "unchanged"

    state = read_state(real.folder())
    assert state is not None
    detokenizer = next(
        each.pid for each in state.processes if title_of(each.pid).startswith("sglang::")
    )
    os.kill(detokenizer, signal.SIGSTOP)
    wait_until(lambda: "is paused: sglang::detokenizer" in observed(real))
    assert status("demo", environ=real.environ)[0].state in {"unhealthy", "failed"}
    again = real.apply(release)
    assert again.outcome == "restarted"
    assert "sglang::detokenizer" in again.reason
    assert real.destroy().message.startswith("`demo` is gone")
    for each in held:
        each.close()


def observed(world: World) -> str:
    (found,) = status("demo", environ=world.environ)
    assert found.observed is not None
    return found.observed.what


def test_restarts_are_counted(real: World) -> None:
    plain = supervised(real)
    life = dataclasses.replace(
        plain.lifecycle, restarts=2, stage_budgets=(StageBudget("imports", 0.001),)
    )
    release = dataclasses.replace(plain, lifecycle=life)
    real.apply(release)
    late = ("imports: more than 0.001 s (`lifecycle.stage_budgets`)",)
    assert status("demo", environ=real.environ)[0].start == late
    state = read_state(real.folder())
    assert state is not None
    engine = next(p for p in state.processes if "fake_engine" in title_of(p.pid))
    os.kill(engine.pid, signal.SIGKILL)
    wait_until(lambda: status("demo", environ=real.environ)[0].restarts == 1)
    wait_until(lambda: status("demo", environ=real.environ)[0].state == "serving")
    assert status("demo", environ=real.environ)[0].start == late, "once, of the newest start"
    assert real.apply(release).outcome == "unchanged"


def test_an_engine_that_fails_is_quoted(real: World) -> None:
    release = supervised(real)
    broken = dataclasses.replace(
        release, arguments=(*release.arguments, Argument("--exit-early", ("9",), "engine.args"))
    )

    with pytest.raises(Failure) as caught:
        real.apply(broken)

    assert "9" in caught.value.message
    assert real.events[-1].phase == "ended"
    assert real.events[-1].detail
    assert [each.state for each in status(environ=real.environ)] == ["failed"]


CANARY = "canary-5d1f7a"
OTHERS = (
    "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "HF_TOKEN",
    "MODAL_TOKEN_SECRET", "OPENAI_API_KEY", "HTTPS_PROXY", "LD_PRELOAD", "PYTHONPATH", "NPM_TOKEN",
    "DBUS_SESSION_BUS_ADDRESS", "SOMETHING_OF_MINE",
)  # fmt: skip


def test_neither_supervisor_nor_engine_has_what_it_does_not_need(real: World) -> None:
    real.environ |= dict.fromkeys(OTHERS, CANARY) | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    real.apply(supervised(real))

    state = read_state(real.folder())
    assert state is not None
    known = {each.pid for each in state.known()}
    assert len(known) >= 2  # the supervisor and its engine
    for pid in known:
        found = Path(f"/proc/{pid}/environ").read_bytes()
        assert CANARY.encode() not in found
        assert b"TZ=UTC" in found
        assert str(real.folder().path).encode() in found
    real.destroy()
