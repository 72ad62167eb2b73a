"""Applies that are killed at any moment: another machine's apply comes to the right end."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from modal_proto import api_pb2

from deployer.apply.modal import locked
from deployer.apply.modal.locked import Clocks
from deployer.apply.modal.tags import PHASE
from tests.apply.modal.conftest import World
from tests.apply.modal.killed_apply import quickly
from tests.fakes.modal.faults import Fault
from tests.volume import VOLUME

pytestmark = pytest.mark.process

PARTS = {"fast": 1, "ci": 1, "thorough": 20}[VOLUME]
KILLS = {"fast": 1, "ci": 3, "thorough": 10}[VOLUME]
"""Kills in each part: 200 in all where there is time."""

TRIES = 20
"""Applies that may come to their end before the question at which they were to be killed."""

ENDED = {api_pb2.APP_STATE_STOPPED, api_pb2.APP_STATE_DEPLOYED}


@pytest.fixture
def killing(containers: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world in which whatever answers keeps its promises, and a lock lapses soon."""
    quickly(monkeypatch.setattr)
    monkeypatch.setattr(locked, "LOOK", 0.05)
    # Whoever is waited for here was killed: the waiter's time goes by faster.
    clocks = Clocks(clock=lambda: 20 * time.monotonic())
    monkeypatch.setattr(locked, "Clocks", lambda: clocks)
    containers.plane.worker.variables["FAKE_COMPILE"] = "--committed"
    return containers


def start(world: World, path: str, machine: str) -> subprocess.Popen[str]:
    """Start an apply in a process of its own, on a machine of its own."""
    script = Path(__file__).with_name("killed_apply.py")
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.apply.modal.{script.stem}", "apply", path, "--yes"],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "XDG_STATE_HOME": str(world.folder / machine)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


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


@pytest.mark.parametrize("part", range(PARTS))
def test_whenever_an_apply_is_killed_the_next_one_ends_right(
    killing: World, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """With weights and kernels: what was paid for once is not paid for again."""
    world, path = killing, killing.profile(gpu="  gpu: H100")
    for again in range(2):  # the files that are uploaded once are there at the second
        forget(world)
        clean = start(world, path, f"clean-{again}")
        said, _ = clean.communicate()
        assert clean.returncode == 0, said
    asked = Counter(name for name, _ in world.plane.calls)
    chosen = random.Random(part)  # noqa: S311 - the same kills each time
    for number in range(KILLS):
        at = killed(world, path, chosen, asked)
        left = running(world)
        with monkeypatch.context() as patched:
            patched.setenv("XDG_STATE_HOME", str(world.folder / f"next-{number}"))
            code, out, err = world.run("apply", path, "--yes")
        # One that was killed after all was seen and noted leaves nothing to do.
        good = re.search(r"(keeps its promises|is as its profile says) \(version 1", out)
        where = f"{part}.{number}, killed at {at}: exit {code}\n{out}{err}"
        assert (code, bool(good)) == (0, True), where
        is_said(left, err, where)
        is_right(world, where)
        print(f"{part}.{number}: {at}")  # noqa: T201 - shown where it is asked for


def killed(world: World, path: str, chosen: random.Random, asked: Counter[str]) -> str:
    """Begin anew, and kill an apply at one of its questions: after that was done, or before."""
    for attempt in range(TRIES):
        forget(world)
        name = chosen.choice(sorted(asked))
        number, done = chosen.randint(1, asked[name]), chosen.random() < 0.5
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
    called = Counter(_name(world, one.function_id) for one in world.plane.state.calls.values())
    assert {"download_model", "compile_deepgemm"} <= set(parts), where
    assert (called["download_model"], called["compile_deepgemm"]) == (1, 1), where


def _name(world: World, function_id: str) -> str:
    app = world.plane.state.app_of(function_id)
    return next(name for name, its in app.functions.items() if its == function_id)
