"""A deployment's life with a fake supervisor: apply, again, changed, broken, destroyed."""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import signal
import stat
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployer.apply.local.connection import connect, current_release
from deployer.apply.local.logs import logs
from deployer.apply.local.process import is_alive
from deployer.apply.local.state import read_state
from deployer.apply.local.status import status
from deployer.apply.local.target import Here
from deployer.apply.target import Asker
from deployer.errors import Failure, NotThere, UsageError
from deployer.release import Release
from deployer.verify.verdict import Outcome, Verdict

from .fake_supervisor import HELD
from .world import World, fake_parts, make_release, wait_until

if TYPE_CHECKING:
    from deployer.apply.local.state import State

pytestmark = pytest.mark.process


def state_of(world: World) -> State:
    state = read_state(world.folder())
    assert state is not None
    return state


def ask(port: int, key: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {key}"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_first_apply_serves_and_says_how(world: World) -> None:
    applied = world.apply()

    assert applied.outcome == "created"
    assert applied.url == f"http://127.0.0.1:{world.port}"
    assert applied.verified
    assert applied.sample == "Hello."
    assert [each.phase for each in applied.phases] == [
        "compare", "engine", "model", "launch", "load", "memory", "warmup", "reckon",
        "verify",
    ]  # fmt: skip
    assert {each.phase: each.seconds for each in applied.phases}["launch"] == 0.25
    (found,) = status(environ=world.environ)
    assert (found.state, found.recorded.verified, found.model) == ("serving", True, "glm-tiny")
    assert found.engine == "sglang 0.5.23"
    assert found.url == applied.url
    assert found.memory.startswith(f"{HELD}; not compared: it runs on no GPU")
    assert applied.memory == found.memory
    assert is_alive(state_of(world).supervisor)


def test_the_key_is_private_and_stands_nowhere_else(world: World) -> None:
    applied = world.apply()

    assert applied.key_file is not None
    key = applied.key_file.read_text().strip()
    assert stat.S_IMODE(applied.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(applied.folder.stat().st_mode) == 0o700
    assert ask(world.port, key) == 200
    assert ask(world.port, "wrong") == 401
    assert connect("demo", environ=world.environ).api_key == key
    for file in applied.folder.iterdir():
        assert file == applied.key_file or key not in file.read_text()
    assert all(key not in event.to_json() for event in world.events)
    assert key not in repr(applied)
    assert key not in repr(connect("demo", environ=world.environ))
    for process in state_of(world).known():
        assert key not in Path(f"/proc/{process.pid}/cmdline").read_text()


def test_the_model_is_filled_in_for_the_supervisor_only(world: World) -> None:
    world.apply()

    supervised = Release.from_json(world.folder().supervised.read_text())
    assert supervised.model.path == str(world.home / "tiny")
    assert supervised.arguments[0].values == (str(world.home / "tiny"),)
    assert current_release("demo", environ=world.environ) == make_release(world.port)


def test_applying_the_same_changes_nothing(world: World) -> None:
    world.apply()
    before = state_of(world)
    world.events.clear()

    again = world.apply()

    assert again.outcome == "unchanged"
    assert again.verified
    assert world.phases("started") == ["compare"]
    assert state_of(world) == before


def test_a_changed_release_replaces_the_server_and_keeps_the_key(world: World) -> None:
    first = world.apply()
    old = state_of(world).supervisor
    assert first.key_file is not None
    key = first.key_file.read_text()
    world.events.clear()

    second = world.apply(make_release(world.port, LOAD="0.1"))

    assert second.outcome == "replaced"
    assert not is_alive(old)
    assert is_alive(state_of(world).supervisor)
    assert first.key_file.read_text() == key
    started = world.phases("started")
    assert started.index("model") < started.index("drain") < started.index("launch")


def test_a_killed_supervisor_is_seen_and_healed(world: World) -> None:
    world.apply()
    old = state_of(world).supervisor
    os.kill(old.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(old))

    assert [each.state for each in status("demo", environ=world.environ)] == ["dead"]
    again = world.apply()

    assert again.outcome == "restarted"
    assert again.reason == "the server has ended: it was killed"
    assert [each.state for each in status("demo", environ=world.environ)] == ["serving"]


def test_an_unhealthy_server_is_started_again(world: World) -> None:
    world.apply(make_release(world.port, FAULT="mute"))

    again = world.apply(make_release(world.port, FAULT="mute"))

    assert again.outcome == "restarted"
    assert again.reason == "the server runs, but it answered /health with 503"


def test_a_number_that_passed_to_another_process_is_not_taken_for_the_server(world: World) -> None:
    world.apply()
    text = json.loads(world.folder().state.read_text())
    text["supervisor"]["pid"] = os.getpid()
    text["processes"] = []
    world.folder().state.write_text(json.dumps(text))

    assert [each.state for each in status("demo", environ=world.environ)] == ["dead"]
    destroyed = world.destroy()

    # We live, and the real server was found by its mark.
    assert destroyed.killed == 2


def test_a_key_from_the_environment_is_used_and_not_stored(world: World) -> None:
    made = world.apply().key_file
    world.environ["API_KEY"] = "k" * 40

    applied = world.apply()

    assert applied.outcome == "restarted"
    assert applied.reason == "the server runs, but it takes another API key"
    assert applied.key_file is None
    assert made is not None
    assert not made.exists()
    assert ask(world.port, "k" * 40) == 200
    assert connect("demo", environ=world.environ).api_key == "k" * 40
    del world.environ["API_KEY"]
    with pytest.raises(UsageError, match="takes the key that API_KEY held"):
        connect("demo", environ=world.environ)


def test_a_short_key_is_refused_before_anything_starts(world: World) -> None:
    world.environ["API_KEY"] = "short"

    with pytest.raises(Failure, match="fewer than 16"):
        world.apply()

    assert world.events == []


def test_a_server_without_a_key(world: World) -> None:
    applied = world.apply(make_release(world.port, key=""))

    assert applied.key_file is None
    assert connect("demo", environ=world.environ).api_key == ""


def test_a_broken_promise_leaves_the_server_up_and_is_tried_again(world: World) -> None:
    broken = (Verdict("tools", Outcome.FAILED, 0.1, message="no tool call"),)
    world.parts = fake_parts(world.home, verify=lambda *_: broken)

    first = world.apply()
    second = world.apply()

    assert (first.verified, first.outcome, first.verdicts) == (False, "created", broken)
    assert (second.verified, second.outcome, second.verdicts) == (False, "unchanged", broken)
    (found,) = status(environ=world.environ)
    assert (found.state, found.recorded.verified) == ("serving", False)
    assert "verify" in world.phases("failed")


def test_logs_show_the_end_of_the_engine_log(world: World) -> None:
    world.apply()

    assert "fired up" in list(logs("demo", environ=world.environ))
    with pytest.raises(UsageError) as caught:
        logs("dmeo", environ=world.environ)
    assert caught.value.hint == "did you mean `demo`?"


def test_destroy_leaves_nothing_and_says_so_when_it_is_repeated(world: World) -> None:
    applied = world.apply()
    known = state_of(world).known()

    first = world.destroy()

    assert first.killed == 0
    assert first.message == "`demo` is gone, with its key and its logs"
    assert not any(map(is_alive, known))
    assert not applied.folder.exists()
    with pytest.raises(ConnectionRefusedError):
        ask(world.port, "")
    with pytest.raises(
        NotThere, match="there is no deployment named `demo` on record on this machine"
    ):
        world.destroy()
    assert status(environ=world.environ) == ()


def test_destroy_names_the_file_that_the_server_is_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of it has the same name, and whoever destroys that may not mean this server."""
    world.apply()
    for name, value in world.environ.items():
        monkeypatch.setenv(name, value)
    told: list[str] = []
    asker = Asker(told.append, told.append, lambda: nullcontext(lambda _: None))
    file = state_of(world).profile

    assert Here("demo").destroy((), asker).lines == ("`demo` is gone, with its key and its logs",)
    assert told == [f"note: `demo` was applied from {file}"]


def test_destroy_finds_a_server_whose_folder_someone_removed(world: World) -> None:
    applied = world.apply()
    known = state_of(world).known()
    for file in applied.folder.iterdir():
        file.unlink()
    applied.folder.rmdir()

    assert world.destroy().killed == 2
    assert not any(map(is_alive, known))


def test_destroy_kills_what_does_not_want_to_end(world: World) -> None:
    # However long it is waited for, it does not end by itself.
    world.parts = dataclasses.replace(world.parts, margin=0.2, haste=0.2)
    world.apply(make_release(world.port, FAULT="deaf"))
    known = state_of(world).known()

    destroyed = world.destroy()

    assert destroyed.killed == 2
    assert destroyed.message.endswith("2 of its processes had to be killed")
    assert not any(map(is_alive, known))


def test_destroy_ends_an_engine_that_outlived_its_supervisor(world: World) -> None:
    world.apply(make_release(world.port, FAULT="stay"))
    supervisor = state_of(world).supervisor
    os.kill(supervisor.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(supervisor))

    assert world.destroy().killed == 1
    with pytest.raises(ConnectionRefusedError):
        ask(world.port, "")
