"""Applies that are killed at any moment: another machine's apply comes to the right end."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import threading
from collections import Counter

import pytest
from modal_proto import api_pb2

from deployer.apply.modal.tags import PHASE
from tests.apply.modal import killed_apply
from tests.apply.modal.conftest import World
from tests.apply.modal.killed_apply import quickly
from tests.fakes.modal.faults import Fault
from tests.forks import Command, command
from tests.volume import VOLUME

pytestmark = pytest.mark.process

KILLS = {"fast": 1, "ci": 2, "thorough": 200}[VOLUME]
"""Kills, each in a test of its own: together they would take longer than a test may."""

ASKED: Counter[str] = Counter()
"""How often an apply that is not killed asks each question; found out by the first that needs it.
"""

TRIES = 20
"""Applies that may come to their end before the question at which they were to be killed."""

ENDED = {api_pb2.APP_STATE_STOPPED, api_pb2.APP_STATE_DEPLOYED}


@pytest.fixture
def killing(containers: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world in which whatever answers keeps its promises, and a lock lapses soon."""
    quickly(monkeypatch.setattr)
    containers.plane.worker.variables["FAKE_COMPILE"] = "--committed"
    return containers


def start(
    world: World,
    path: str,
    machine: str,
    terminal: int | None = None,
    talk: int | None = None,
) -> Command:
    """Start an apply in a process of its own, on a machine of its own; at a terminal if given.

    Its ``talk`` goes elsewhere if that is given.
    """
    return command(
        killed_apply.__name__,
        ("apply", path, "--yes"),
        killed_apply.NEEDS,
        {**os.environ, "XDG_STATE_HOME": str(world.folder / machine)},
        terminal,
        talk,
    )


def held_download(world: World) -> threading.Event:
    """Let a download find no machine; gives what is set when its end is waited for."""
    asked = threading.Event()

    def watch(name: str) -> None:
        if "weights" in running(world).values():
            world.plane.worker.room = False
            if name == "FunctionGetOutputs":
                asked.set()

    world.plane.watch = watch
    return asked


def let_it_begin(world: World) -> None:
    """Let a download that found no machine begin as soon as somebody waits for it."""
    begun: list[asyncio.Task[None]] = []

    def waits(name: str) -> None:
        if name == "AppHeartbeat" and not begun:
            world.plane.worker.room = True
            call = next(one for one in world.plane.state.calls.values() if not one.done)
            begun.append(asyncio.ensure_future(world.plane.worker.scale(call.function_id)))

    world.plane.watch = waits


def test_one_that_was_held_up_for_too_long_has_lost_its_lock_and_does_no_more(
    killing: World,
) -> None:
    """It is stopped and goes on later: a machine that slept, a virtual one that was moved."""
    world, path = killing, killing.profile()
    waits = held_download(world)
    held_up = start(world, path, "held-up")
    waits.wait()
    os.kill(held_up.pid, signal.SIGSTOP)
    let_it_begin(world)
    code, out, err = world.run("apply", path, "--yes")
    assert (code, "keeps its promises (version 1" in out) == (0, True), err
    assert f"(process {held_up.pid}) gave no sign of life for 30 s: its lock has lapsed" in err
    assert "the download that another apply began still runs: waiting for it" in err
    os.kill(held_up.pid, signal.SIGCONT)
    said, _ = held_up.communicate()
    assert held_up.returncode == 1, said
    assert "the lock of tiny-app is not ours any more" in said
    assert len(world.plane.app("tiny-app").versions) == 1
    assert called(world)["download_model"] == 1


def forget(world: World) -> None:
    """Begin anew: no app, no volume, no lock, no container."""
    plane = world.plane
    plane.mend()
    plane.watch = None
    for task in list(plane.worker.tasks.values()):
        if task.alive:
            plane.run(plane.worker.terminate(task))
    plane.calls.clear()
    for kept in (plane.state.apps, plane.state.dicts, plane.state.volumes, plane.state.calls):
        kept.clear()
    shutil.rmtree(plane.state.root / "volumes", ignore_errors=True)


@pytest.mark.parametrize("number", range(KILLS))
def test_whenever_an_apply_is_killed_the_next_one_ends_right(
    killing: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """With weights and kernels: what was paid for once is not paid for again."""
    world, path = killing, killing.profile(gpu="  gpu: H100")
    if not ASKED:
        clean = start(world, path, "clean")
        said, _ = clean.communicate()
        assert clean.returncode == 0, said
        ASKED.update(name for name, _ in world.plane.calls)
    # The same kinds each time; how often one is asked depends on the machine's speed as well.
    at = killed(world, path, random.Random(number))  # noqa: S311 - nothing is secret here
    left = running(world)
    monkeypatch.setenv("XDG_STATE_HOME", str(world.folder / "next"))
    code, out, err = world.run("apply", path, "--yes")
    # One that was killed after all was seen and noted leaves nothing to do.
    good = re.search(r"(keeps its promises|is as its profile says) \(version 1", out)
    where = f"{number}, killed at {at}: exit {code}\n{out}{err}"
    assert (code, bool(good)) == (0, True), where
    is_said(left, err, where)
    is_right(world, where)
    print(f"{number}: {at}")  # noqa: T201 - shown where it is asked for


def killed(world: World, path: str, chosen: random.Random) -> str:
    """Begin anew, and kill an apply at one of its questions: after that was done, or before."""
    for attempt in range(TRIES):
        forget(world)
        name = chosen.choice(sorted(ASKED))
        number, done = chosen.randint(1, ASKED[name]), chosen.random() < 0.5
        if killed_at(world, path, name, number, done=done, machine=f"killed-{attempt}"):
            return f"{name} {number}, {'done' if done else 'not done'}"
    pytest.fail(f"none of {TRIES} applies was killed")


def killed_at(world: World, path: str, rpc: str, number: int, *, done: bool, machine: str) -> bool:
    """Kill an apply at a question of a kind; False where it came to its end before."""
    count = 0
    shutil.rmtree(world.folder / machine, ignore_errors=True)
    apply = start(world, path, machine)

    def kill(name: str) -> None:
        nonlocal count
        count += name == rpc
        if count == number:
            world.plane.watch = None
            if not done:
                world.plane.go_wrong(name, Fault("hang"))
            os.kill(apply.pid, signal.SIGKILL)

    world.plane.watch = kill
    said, _ = apply.communicate()
    world.plane.watch = None
    world.plane.mend()
    assert apply.returncode in {0, -signal.SIGKILL}, said
    return apply.returncode != 0


def running(world: World) -> dict[str, str]:
    """Give the apps that run and are not deployed: their ids, and for which phase they run."""
    apps = world.plane.state.apps.values()
    return {one.id: one.tags.get(PHASE, "") for one in apps if one.state not in ENDED}


WAITED = {"weights": "the download that another apply", "kernels": "the compilation that another"}


def is_said(left: dict[str, str], err: str, where: str) -> None:
    """Hold what was left running to what the next apply said of it."""
    for app_id, phase in left.items():
        ended = f"({app_id}): it is ended" in err
        assert ended or (phase in WAITED and WAITED[phase] in err), where


def is_right(world: World, where: str) -> None:
    """Hold what is there in the end to what an apply is for."""
    app = world.plane.app("tiny-app")
    assert app.deployed, where
    assert len(app.versions) == 1, where
    digest = app.versions[0].tag
    assert app.tags["deployer.verified"].startswith(f"{digest}."), where
    assert "deployer.owed" not in app.tags, where
    assert running(world) == {}, where
    there = {task.app_id for task in world.plane.worker.tasks.values() if task.alive}
    assert there <= {app.id}, where
    parts = [name for one in world.plane.state.apps.values() for name in one.functions]
    often = called(world)
    assert {"download_model", "compile_deepgemm"} <= set(parts), where
    assert (often["download_model"], often["compile_deepgemm"]) == (1, 1), where


def called(world: World) -> Counter[str]:
    """Count the calls by the names of the functions."""
    return Counter(_name(world, one.function_id) for one in world.plane.state.calls.values())


def _name(world: World, function_id: str) -> str:
    app = world.plane.state.app_of(function_id)
    return next(name for name, its in app.functions.items() if its == function_id)
