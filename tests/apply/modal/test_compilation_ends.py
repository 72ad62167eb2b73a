"""Compilations that do not come to a good end: Ctrl-C ends one, or leaves it; and a black hole."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from modal_proto import api_pb2

from deployer.apply.modal.part_run import COMPILATION, attach
from deployer.apply.patience import current
from tests.apply.modal.conftest import PATIENCE, World
from tests.apply.modal.test_ends import fetching, is_waited_for, kept, running_apps
from tests.fakes.modal.faults import Fault
from tests.interrupted import at_any_moment

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("hears"), at_any_moment]

__all__ = ["fetching", "kept"]  # fixtures

LAST = "kernel 2 is whole"
"""What the fake compilation says of the last of three."""

LEFT = (
    "The compilation is left running on Modal: the next `deployer apply` of tiny waits for it "
    "where its release is the same"
)


@pytest.fixture
def compiling(kept: World, monkeypatch: pytest.MonkeyPatch) -> tuple[World, str, Path]:
    """Give a world whose compilation ends where a file is there, a profile, and the file."""
    monkeypatch.setattr("tests.fakes.modal.worker.GRACE", PATIENCE)
    over = kept.folder / "over"
    kept.plane.worker.variables["FAKE_COMPILE"] = f"--committed --until {over}"
    return kept, kept.profile(gpu="  gpu: H100"), over


def interrupt_once_compiled(world: World) -> None:
    """Press Ctrl-C at the first question for the result once every kernel is there."""

    def pressed(name: str) -> None:
        tasks = tuple(world.plane.worker.tasks.values())
        said = any(LAST in line for task in tasks for line in task.log)
        if name == "FunctionGetOutputs" and said:
            world.plane.watch = None
            os.kill(os.getpid(), signal.SIGINT)

    world.plane.watch = pressed


def leave_running(world: World, path: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Interrupt an apply on a terminal, and let the compilation go on; gives its app."""
    asked: list[str] = []

    def stays(what: str) -> bool:
        asked.append(what)
        return True

    with monkeypatch.context() as patched:
        patched.setattr("deployer.cli.carrying_out.can_ask", lambda: True)
        patched.setattr("deployer.cli.carrying_out.ask", stays)
        interrupt_once_compiled(world)
        code, out, err = world.run("apply", path, "--yes")
    assert (code, out) == (130, ""), err
    assert asked == [
        "Interrupted. Shall the compilation that runs on Modal go on without this command?"
    ]
    (left,) = running_apps(world)
    assert f"Interrupted. {LEFT}; `modal app stop {left}` ends it." in err
    (task,) = world.plane.worker.tasks.values()
    assert (task.alive, task.stopping) == (True, False)
    return left


def test_an_interrupt_ends_a_compilation_and_the_apply(compiling: tuple[World, str, Path]) -> None:
    world, path, _ = compiling
    interrupt_once_compiled(world)
    code, out, err = world.run("apply", path, "--yes")
    assert (code, out) == (130, ""), err
    assert "Interrupted. The compilation on Modal is ended; what it wrote stays." in err
    assert running_apps(world) == []
    assert not [task for task in world.plane.worker.tasks.values() if task.alive]
    assert not any(request.name for request in world.plane.requests("AppPublish"))
    found = (world.folder / "mnt" / "kernels" / "cache").glob("*/.committed")
    assert len(list(found)) == 3


def test_a_compilation_that_an_interrupt_leaves_running_is_waited_for(
    compiling: tuple[World, str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, path, over = compiling
    left = leave_running(world, path, monkeypatch)

    def ends(name: str) -> None:
        if name == "AppHeartbeat":  # what only an apply that waits for another's app sends for it
            over.touch()

    world.plane.watch = ends
    is_waited_for(world, path, monkeypatch, "the compilation", left)


def test_a_black_hole_before_a_compilation_that_goes_on_ends_with_the_time_of_the_command(
    compiling: tuple[World, str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it took to get there: the clock of `--timeout` begins with the waiting."""
    world, path, _ = compiling
    left = leave_running(world, path, monkeypatch)

    def late(*given: Any, **more: Any) -> None:
        assert given[3] is COMPILATION
        world.plane.go_wrong("AppHeartbeat", Fault("hang", times=None))
        monkeypatch.setattr(current(), "_until", time.monotonic() + 0.5)
        attach(*given, **more)

    monkeypatch.setattr("deployer.apply.modal.apply.attach", late)
    code, out, err = world.run("apply", path, "--yes", "--timeout", "3600")
    assert (code, out, "Traceback" in err) == (1, "", False), err
    assert "no answer within" in err
    assert f"{LEFT}; `modal app stop {left}` ends it" in " ".join(err.split())
    assert running_apps(world) == [left]
    app = world.plane.state.apps[left]
    assert app.state != api_pb2.APP_STATE_STOPPED
