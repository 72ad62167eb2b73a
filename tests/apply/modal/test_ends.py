"""Applies that do not come to a good end: what is said, what stays, and what the next one does."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from grpclib import Status
from modal_proto import api_pb2

from deployer.apply.modal import parts
from tests.apply.modal.conftest import PATIENCE, World
from tests.apply.modal.test_life import deployed, plan, running
from tests.apply.modal.test_unknown import another_machine
from tests.fakes.modal.faults import Fault
from tests.interrupted import at_any_moment
from tests.ports import free_port

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("hears"), at_any_moment]


LEFT = (
    "The download is left running on Modal: the next `deployer apply` of tiny waits for it where "
    "it needs the same weights"
)


@pytest.fixture
def fetching(containers: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world in which whatever answers keeps its promises, and nothing waits for long."""
    quick = replace(parts.DEFAULT_PARTS, pause=0.1, look=0.1, answer=20.0)
    monkeypatch.setattr(parts, "DEFAULT_PARTS", quick)
    monkeypatch.setattr("deployer.apply.patience.TIDYING", PATIENCE)  # a slow machine ends slowly
    # The comparison of the key has tests of its own; here the first call is the download.
    monkeypatch.setattr("deployer.apply.modal.apply.Pipeline._compare", lambda *_: None)
    monkeypatch.setattr("deployer.verify.run.verify", lambda *_, **__: ())
    monkeypatch.setattr("deployer.apply.modal.apply.all_hold", lambda _: True)
    monkeypatch.setattr("deployer.verify.sample.sample_answer", lambda _: "hello")
    return containers


@pytest.fixture
def kept(fetching: World) -> World:
    """Give the same with the weights there already."""
    fetching.stock()
    return fetching


def tags(world: World) -> dict[str, str]:
    return dict(world.plane.app("tiny-app").tags)


def dies(world: World) -> None:
    world.plane.worker.variables["FAKE_ENGINE"] = "--exit-early 3"


def lives(world: World) -> None:
    world.plane.worker.variables["FAKE_ENGINE"] = ""


def test_red_stays_red_on_every_machine(kept: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world, path = kept, kept.profile()
    dies(world)
    code, _, err = world.run("apply", path, "--yes")
    assert (code, "the server failed to start: the engine" in err) == (1, True), err
    digest = tags(world)["deployer.release"]
    assert tags(world)["deployer.owed"] == digest
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, shown = plan(world, path)
        assert (code, running(shown)) == (2, ["wait", "verify"])
        code, _, err = world.run("apply", path, "--yes")
        assert (code, "the server failed to start: the engine" in err) == (1, True), err
        lives(world)
        for task in tuple(world.plane.worker.tasks.values()):  # one may have begun to die once more
            world.plane.run(world.plane.worker.terminate(task))
        code, out, err = world.run("apply", path, "--yes")
        assert (code, "serves, and keeps its promises (version 1" in out) == (0, True), err
    assert "deployer.owed" not in tags(world)
    assert re.fullmatch(rf"{digest}\.\d{{10}}\.1", tags(world)["deployer.verified"])
    assert plan(world, path)[0] == 0


@pytest.mark.parametrize("rpc", ["FunctionGet", "AppGetByDeploymentName"])
def test_what_breaks_right_after_the_publish_is_owed(
    kept: World, monkeypatch: pytest.MonkeyPatch, rpc: str
) -> None:
    world, path = kept, kept.profile()

    def published(name: str) -> None:
        if name == "AppPublish" and world.plane.requests("AppPublish")[-1].name:
            world.plane.go_wrong(rpc, Fault("closed", times=None))

    world.plane.watch = published
    code, _, err = world.run("apply", path, "--yes")
    assert (code, "Traceback" in err) == (1, False), err
    assert "error: version 1 is published, and what became of it is not known: " in err
    world.plane.watch = None
    world.plane.mend()
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, out, err = world.run("apply", path, "--yes")
    assert (code, "keeps its promises (version 1" in out) == (0, True), err
    assert len(world.plane.app("tiny-app").versions) == 1


def test_the_containers_of_the_version_before_do_not_speak_for_this_one(kept: World) -> None:
    """They serve on, as in a rolling deployment, while no container of this version comes up."""
    world, path = kept, kept.profile()
    code, _, err = world.run("apply", path, "--yes")
    assert code == 0, err
    (before,) = (task for task in world.plane.worker.tasks.values() if task.ready and task.alive)
    dies(world)
    world.port = free_port()
    path = world.profile()
    code, _, err = world.run("apply", path, "--yes")
    assert (code, "the server failed to start: the engine" in err) == (1, True), err
    first = next(iter(world.plane.app("tiny-app").versions)).tag
    assert f"`deployer rollback tiny --to {first[:12]}` brings version 1 back" in err
    assert (before.alive, before.old, before.stopping) == (True, True, False)
    assert "deployer.owed" in tags(world)


def test_a_crash_loop_ends_after_three_deaths_though_no_log_can_be_read(kept: World) -> None:
    world, path = kept, kept.profile()
    deployed(world, path)
    dies(world)
    world.plane.refuse("AppGetLogs", Status.UNAVAILABLE)
    world.port = free_port()
    before = len(world.plane.worker.tasks)
    code, _, err = world.run("apply", world.profile(), "--yes")
    assert (code, "Traceback" in err) == (1, False), err
    assert re.search(r"3 containers ended before they answered: .*the engine .*exit code 3", err)
    assert len(world.plane.worker.tasks) - before <= 4


def test_one_log_that_fails_blinds_nobody(kept: World) -> None:
    world, path = kept, kept.profile()
    deployed(world, path)
    dies(world)
    world.plane.go_wrong("AppGetLogs", Fault("status", times=2))
    world.port = free_port()
    code, _, err = world.run("apply", world.profile(), "--yes")
    assert (code, "the server failed to start: the engine" in err) == (1, True), err


def test_the_last_words_of_an_older_container_count_for_it_alone(kept: World) -> None:
    world, path = kept, kept.profile()
    deployed(world, path)
    line = "deployer: ended failed after 1.0 s: the disk is full\n"
    batch = api_pb2.TaskLogsBatch(task_id="ta-older", items=[api_pb2.TaskLogs(data=line)])
    world.plane.app("tiny-app").logs.append(batch)
    world.port = free_port()
    code, out, err = world.run("apply", world.profile(), "--yes")
    assert (code, "keeps its promises (version 2" in out) == (0, True), err


def test_an_app_that_somebody_stops_is_told_as_stopped(kept: World) -> None:
    world, path = kept, kept.profile()
    deployed_here: list[str] = []

    def stopped(name: str) -> None:
        if name == "AppPublish" and world.plane.requests("AppPublish")[-1].name:
            deployed_here.append(name)
        elif name == "TaskList" and deployed_here:
            world.plane.app("tiny-app").state = api_pb2.APP_STATE_STOPPED

    deployed(world, path)
    world.plane.worker.room = False
    world.port = free_port()
    world.plane.watch = stopped
    code, _, err = world.run("apply", world.profile(), "--yes")
    assert code == 1
    assert "the app tiny-app is stopped now: somebody stopped it while it was waited for" in err


def test_what_somebody_deploys_meanwhile_is_not_replaced(kept: World) -> None:
    world, path = kept, kept.profile()
    deployed(world, path)
    app = world.plane.app("tiny-app")

    def another(name: str) -> None:
        if name == "DictGetOrCreate" and len(app.versions) == 1:
            world.plane._add_version(app, "e" * 40, api_pb2.CommitInfo())

    world.plane.watch = another
    world.port = free_port()
    code, _, err = world.run("apply", world.profile(), "--yes")
    assert code == 1
    words = "the world has moved since the plan: version 2 was deployed by somebody@example.com"
    assert f"{words}, and the plan is against version 1" in err
    assert [version.tag for version in app.versions][1:] == ["e" * 40]


def test_a_shard_that_is_gone_beside_its_marker_is_fetched(kept: World) -> None:
    world, path = kept, kept.profile()
    deployed(world, path)
    volume = next(v for v, (name, _) in world.plane.state.volumes.items() if name == "weights")
    (shard, *_) = sorted(world.plane.state.volume(volume).rglob("*.safetensors"))
    content = shard.read_bytes()
    shard.unlink()
    code, shown = plan(world, path)
    assert (code, running(shown)) == (2, ["weights"])
    assert f"1 of {_files(shard)} files are gone" in shown["phases"][0]["reason"]
    deployed(world, path)
    assert shard.read_bytes() == content
    shard.write_bytes(content[:-1])
    assert running(plan(world, path)[1]) == ["weights"]


def _files(shard: Path) -> int:
    return sum(1 for each in shard.parent.rglob("*") if each.is_file() and ".deployer" not in
               each.parts) + 1  # fmt: skip


def interrupt_once(world: World, rpc: str, number: signal.Signals = signal.SIGINT) -> None:
    """Press Ctrl-C, or send another signal, at the first question of a kind."""

    def pressed(name: str) -> None:
        if name == rpc:
            world.plane.watch = None
            os.kill(os.getpid(), number)

    world.plane.watch = pressed


def running_apps(world: World) -> list[str]:
    ended = {api_pb2.APP_STATE_STOPPED, api_pb2.APP_STATE_DEPLOYED}
    return [app.id for app in world.plane.state.apps.values() if app.state not in ended]


def is_waited_for(
    world: World, path: str, monkeypatch: pytest.MonkeyPatch, what: str, left: str
) -> None:
    """Apply from another machine, which waits for what was left running and begins it not again."""
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, out, err = world.run("apply", path, "--yes")
    assert (code, "keeps its promises (version 1" in out) == (0, True), err
    assert f"{what} that another apply began still runs: waiting for it" in err
    called: list[Any] = world.plane.requests("FunctionMap")
    assert len(called) == 1  # it was not begun again
    assert left not in running_apps(world)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_a_download_and_the_apply(
    fetching: World, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Ctrl-C where nobody is there to ask, and SIGTERM, which asks nobody who is there."""
    world, path = fetching, fetching.profile()
    there = number is signal.SIGTERM
    monkeypatch.setattr("deployer.cli.carrying_out.can_ask", lambda: there)
    monkeypatch.setattr("deployer.cli.carrying_out.ask", lambda _: True)
    interrupt_once(world, "FunctionGetOutputs", number)
    code, out, err = world.run("apply", path, "--yes")
    assert (code, out) == (130, ""), err
    assert "Interrupted. The download on Modal is ended; what it wrote stays." in err
    assert running_apps(world) == []
    assert not any(request.name for request in world.plane.requests("AppPublish"))
    code, _, err = world.run("apply", path, "--yes")
    assert code == 0, err


def test_a_signal_in_any_phase_says_how_the_app_stands(kept: World) -> None:
    world, path = kept, kept.profile()
    deployed(world, path)
    world.plane.state.apps.clear()  # the weights stay
    interrupt_once(world, "FunctionPrecreate", signal.SIGTERM)
    code, out, err = world.run("apply", path, "--yes")
    assert (code, out) == (130, ""), err
    assert "Interrupted. Nothing is deployed as the app tiny-app.\n" in err
    assert running_apps(world) == []

    interrupt_once(world, "AppGetLogs", signal.SIGHUP)
    code, out, err = world.run("apply", path, "--yes")
    assert (code, out) == (130, ""), err
    words = "and was not seen to keep its promises: the next `deployer apply` looks."
    assert re.search(rf"Interrupted. Version 1 of the app .*, {words}\n", err), err
    code, out, err = world.run("apply", path, "--yes")
    assert (code, "keeps its promises (version 1" in out) == (0, True), err


def test_what_an_interrupt_leaves_running_is_waited_for(
    fetching: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, path = fetching, fetching.profile()
    world.plane.worker.room = False
    with monkeypatch.context() as patched:
        patched.setattr("deployer.cli.carrying_out.can_ask", lambda: True)
        patched.setattr("deployer.cli.carrying_out.ask", lambda _: True)
        interrupt_once(world, "FunctionGetOutputs")
        code, _, err = world.run("apply", path, "--yes")
    assert code == 130
    assert LEFT in err
    (left,) = running_apps(world)
    begun: list[asyncio.Task[Any]] = []

    def waits(name: str) -> None:
        if name == "AppHeartbeat" and not begun:
            world.plane.worker.room = True
            (call,) = world.plane.state.calls.values()
            begun.append(asyncio.ensure_future(world.plane.worker.scale(call.function_id)))

    world.plane.watch = waits
    is_waited_for(world, path, monkeypatch, "the download", left)


def test_a_terminal_that_closes_before_what_runs_is_attached_to_leaves_it(
    fetching: World,
) -> None:
    world, path = fetching, fetching.profile()
    world.plane.worker.room = False
    interrupt_once(world, "FunctionGetOutputs", signal.SIGHUP)
    code, _, err = world.run("apply", path, "--yes")
    assert (code, LEFT in err) == (130, True), err
    (left,) = running_apps(world)
    locked: list[str] = []

    def closed(name: str) -> None:
        if name == "DictUpdate":
            locked.append(name)
        elif name == "AppList" and locked:
            world.plane.watch = None
            os.kill(os.getpid(), signal.SIGHUP)

    world.plane.watch = closed
    code, _, err = world.run("apply", path, "--yes")
    assert (code, "still runs: waiting for it" in err) == (130, False), err
    said = f"Interrupted. Nothing is deployed as the app tiny-app. {LEFT}; `modal app stop {left}`"
    assert said in err
    assert running_apps(world) == [left]


def test_what_an_apply_of_another_release_left_running_is_ended(fetching: World) -> None:
    world, path = fetching, fetching.profile()
    deployed(world, path)
    old = next(app for app in world.plane.state.apps.values() if not app.deployed)
    old.state = api_pb2.APP_STATE_DETACHED
    world.port = free_port()
    code, _, err = world.run("apply", world.profile(), "--yes", "--no-verify")
    assert code == 0, err
    assert "an apply that is gone had left a download of release" in err
    assert running_apps(world) == []


def test_a_rollback_that_fails_never_lands_on_the_bad_release(kept: World) -> None:
    world, good = kept, kept.profile()
    deployed(world, good)
    first = tags(world)["deployer.release"]
    world.port = free_port()
    deployed(world, world.profile())

    def rolled(name: str) -> None:
        if name == "AppRollback":
            world.plane.go_wrong("AppGetTags", Fault("status", times=None))

    world.plane.watch = rolled
    code, _, err = world.run("rollback", "tiny", "--yes")
    assert (code, "Traceback" in err) == (1, False), err
    assert "error: Modal has rolled back, and what became of it is not known: " in err
    world.plane.watch = None
    world.plane.mend()
    code, _, err = world.run("rollback", "tiny", "--yes")
    assert (code, "no older version than 1 with another release" in err) == (2, True), err
    code, out, err = world.run("rollback", "tiny", "--to", first[:12], "--yes")
    assert (code, "keeps its promises (version 3" in out) == (0, True), err
    assert [version.tag for version in world.plane.app("tiny-app").versions][2:] == [first]
