"""What runs here is looked at: a record of a server is not the server."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from deployer.apply.local.process import is_alive
from deployer.apply.local.state import read_state
from deployer.apply.local.status import status
from deployer.cli.main import main

from .test_local_strangers import command, squatter
from .world import World, make_release, wait_until

pytestmark = pytest.mark.process


def test_a_server_that_does_not_answer_does_not_serve(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.apply(make_release(world.port, FAULT="mute"))
    code, said = command(world, monkeypatch, capsys, "status", "demo")
    assert (code, "state     unhealthy" in said) == (1, True)
    assert "just now: it answered /health with 503" in said
    assert "each promise that was seen held just now, on record" in said


def test_an_engine_that_is_gone_does_not_serve_whoever_has_its_port(world: World) -> None:
    world.apply()
    (found,) = status("demo", environ=world.environ, now=lambda: 42.0)
    assert found.observed
    assert (found.state, found.observed.at) == ("serving", 42.0)
    assert found.observed.what == (
        f"its own process answered /health on port {world.port}; "
        "whether tokens leave it was not seen"
    )
    state = read_state(world.folder())
    assert state
    engine = next(each for each in state.processes if each != state.supervisor)
    os.kill(engine.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(engine))
    (found,) = status("demo", environ=world.environ)
    assert found.observed
    assert (found.state, found.observed.what) == (
        "unhealthy",
        f"nothing listens on port {world.port}",
    )
    with squatter(world, ""):
        (found,) = status("demo", environ=world.environ)
        assert found.observed
        assert found.state == "unhealthy"
        assert "is held by process" in found.observed.what


def test_a_server_that_answers_serves_whatever_is_left_of_what_it_told(world: World) -> None:
    world.apply()
    told = world.folder().events
    whole = told.read_bytes()
    for left in (b"", whole[:100], b"\xff" * 80 + b"\n"):
        told.write_bytes(left)
        (found,) = status("demo", environ=world.environ)
        assert found.observed
        assert found.state == "serving"
        assert found.observed.what.startswith("its own process answered /health on port ")


def test_json_tells_seen_from_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.apply()
    with monkeypatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", world.environ["XDG_STATE_HOME"])
        assert main(["status", "demo", "--format", "json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["deployments"]
    state = read_state(world.folder())
    assert state
    assert one["observed"]["at"] > state.created
    assert one["recorded"] == {
        "at": state.created,
        "verified": True,
        "verified_at": state.verified_at,
        "unknown": "",
    }
    assert state.verified_at > 0


def test_an_apply_that_changes_nothing_tells_what_it_saw_from_what_is_recorded(
    world: World,
) -> None:
    first = world.apply()
    assert first.observed is None
    again = world.apply()
    assert again.outcome == "unchanged"
    assert again.observed
    assert again.observed.what == "it answered a request for one token"
    assert (again.recorded.verified, again.recorded.verified_at > 0) == (True, True)


def test_a_plan_looks_whether_what_is_the_same_still_runs(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path("profiles/cpu-tiny.yaml").read_text(encoding="utf-8")
    profile = world.home / "demo.yaml"
    lines = [f"  port: {world.port}" if "port:" in line else line for line in text.splitlines()]
    profile.write_text("\n".join(lines).replace("name: cpu-tiny", "name: demo"), encoding="utf-8")
    from deployer.cli.planning import read  # noqa: PLC0415 - only when used

    release = read(str(profile)).release
    world.apply(release)
    words = ("plan", str(profile), "--detailed-exitcode")
    code, said = command(world, monkeypatch, capsys, *words)
    assert (code, "Nothing to do: it serves" in said) == (0, True)
    state = read_state(world.folder())
    assert state
    os.kill(state.supervisor.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(state.supervisor))
    code, said = command(world, monkeypatch, capsys, *words)
    assert (code, "is started again: its state is dead" in said) == (2, True)
