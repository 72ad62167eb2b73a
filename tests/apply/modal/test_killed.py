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
from dataclasses import replace
from pathlib import Path

import pytest
from modal_proto import api_pb2

from deployer.apply.modal import locked, parts
from deployer.apply.modal.locked import Clocks
from tests.apply.modal.conftest import World
from tests.fakes.modal.faults import Fault
from tests.volume import VOLUME

pytestmark = pytest.mark.process

KILLS = {"fast": 1, "ci": 4, "thorough": 200}[VOLUME]
ENDED = {api_pb2.APP_STATE_STOPPED, api_pb2.APP_STATE_DEPLOYED}


@pytest.fixture
def killing(containers: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world in which whatever answers keeps its promises, and a lock lapses soon."""
    quick = replace(parts.DEFAULT_PARTS, pause=0.1, look=0.1)
    monkeypatch.setattr(parts, "DEFAULT_PARTS", quick)
    monkeypatch.setattr(locked, "LOOK", 0.05)
    # Whoever is waited for here was killed: the waiter's time goes by faster.
    clocks = Clocks(clock=lambda: 20 * time.monotonic())
    monkeypatch.setattr(locked, "Clocks", lambda: clocks)
    monkeypatch.setattr("deployer.verify.run.verify", lambda *_, **__: ())
    monkeypatch.setattr("deployer.apply.modal.apply.all_hold", lambda _: True)
    monkeypatch.setattr("deployer.verify.sample.sample_answer", lambda _: "hello")
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


def test_whenever_an_apply_is_killed_the_next_one_ends_right(
    killing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, path = killing, killing.profile()
    clean = start(world, path, "clean")
    said, _ = clean.communicate()
    assert clean.returncode == 0, said
    asked = len(world.plane.calls)
    chosen = random.Random(14)  # noqa: S311 - the same kills each time
    for number in range(KILLS):
        forget(world)
        killed_at(world, path, number, chosen.randrange(1, asked), done=chosen.random() < 0.5)
        before = ended_well(world)
        with monkeypatch.context() as patched:
            patched.setenv("XDG_STATE_HOME", str(world.folder / f"next-{number}"))
            code, out, err = world.run("apply", path, "--yes")
        # One that was killed after all was seen and noted leaves nothing to do.
        good = re.search(r"(keeps its promises|is as its profile says) \(version 1", out)
        assert (code, bool(good)) == (0, True), (number, err)
        is_right(world, before, (number, err))


def killed_at(world: World, path: str, number: int, at: int, *, done: bool) -> None:
    """Kill an apply at its so many-th question: after that was done, or before."""
    count = 0
    apply = start(world, path, f"killed-{number}")

    def kill(name: str) -> None:
        nonlocal count
        count += 1
        if count == at:
            world.plane.watch = None
            if not done:
                world.plane.go_wrong(name, Fault("hang"))
            os.kill(apply.pid, signal.SIGKILL)

    world.plane.watch = kill
    said, _ = apply.communicate()
    world.plane.watch = None
    world.plane.mend()
    # One that asked less this time came to its end, which must be a good one, too.
    assert apply.returncode in {0, -signal.SIGKILL}, said


def ended_well(world: World) -> bool:
    """Whether the download had come to its end, and its marker lies there."""
    return any(world.plane.state.root.glob("volumes/*/tiny/*/.deployer/complete.json"))


def is_right(world: World, complete: bool, where: object) -> None:
    app = world.plane.app("tiny-app")
    assert app.deployed, where
    assert len(app.versions) == 1, where
    digest = app.versions[0].tag
    assert app.tags["deployer.verified"].startswith(f"{digest}."), where
    assert "deployer.owed" not in app.tags, where
    left = [one.id for one in world.plane.state.apps.values() if one.state not in ENDED]
    assert left == [], where
    calls = len(world.plane.requests("FunctionMap"))
    assert calls <= (1 if complete else 2), where
