"""What goes wrong in containers, each seen to be handled: real containers, real processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import requests
from modal_proto import api_pb2

from deployer.check.run import load_checked
from tests.apply.modal.conftest import KEY, World
from tests.apply.modal.test_life import deployed, engine_of, wait_for
from tests.fakes.modal.worker import Task

pytestmark = pytest.mark.process


@pytest.fixture
def containers(containers: World) -> World:
    """Give them with the weights there already: what is tested here comes after the download."""
    containers.stock()
    return containers


def start(world: World, wrong: str = "", **changes: str) -> Task:
    """Deploy, and start a server's container whose engine misbehaves as told."""
    world.plane.worker.variables["FAKE_ENGINE"] = wrong
    deployed(world, world.profile(**changes))
    app = world.plane.app("tiny-app")
    name = "Server" if "Server" in app.functions else "Server.*"
    return world.plane.run(world.plane.worker.start(app.functions[name]))


def ended(world: World, task: Task, seconds: float = 100.0) -> int:
    """Wait for a container's end; gives its exit code."""
    over = world.plane.run(world.plane.state.until(lambda: not task.alive, seconds))
    assert over, "".join(task.log)
    assert task.watching
    world.plane.run(_join(task))
    assert task.process.returncode is not None
    return task.process.returncode


async def _join(task: Task) -> None:
    assert task.watching
    await task.watching


def family(task: Task) -> list[str]:
    """Give the processes that carry the container's mark in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if f"MODAL_TASK_ID={task.id}".encode() in environment:
                found.append(folder.name)
    return found


def gone(task: Task, seconds: float = 120.0) -> bool:
    deadline = time.monotonic() + seconds
    while family(task) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not family(task)


def in_modals_loop(world: World, task: Task, seconds: float = 100.0) -> bool:
    """Wait until Modal's client has begun to serve: its event loop alone catches SIGUSR1."""
    ready = world.plane.run(world.plane.state.until(lambda: task.ready, seconds))
    deadline = time.monotonic() + seconds
    while not (caught := catches(task, signal.SIGUSR1)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return ready and caught


def catches(task: Task, number: signal.Signals) -> bool:
    """Whether a container has a handler for a signal, as its kernel says."""
    lines = Path(f"/proc/{task.process.pid}/status").read_text(encoding="utf-8").splitlines()
    (mask,) = (line.split()[1] for line in lines if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_a_start_is_bounded_by_us_and_leaves_nothing(containers: World) -> None:
    """Modal's `web_server(startup_timeout)` bounds nothing; `lifecycle.startup_timeout` does."""
    task = start(
        containers, "--load 600", startup_timeout="  startup_timeout: 2\n  health_timeout: 1.5"
    )
    assert ended(containers, task) == 0
    assert task.result is not None
    assert task.result.status == api_pb2.GenericResult.GENERIC_STATUS_FAILURE
    assert "was not healthy within 2 s" in task.result.exception
    assert any("deployer: ended failed" in line for line in task.log)
    assert gone(task)


def test_weights_that_are_not_there_stop_a_start_before_the_engine(containers: World) -> None:
    world = containers
    deployed(world, world.profile())
    volume = next(v for v, (name, _) in world.plane.state.volumes.items() if name == "weights")
    shard = next(world.plane.state.volume(volume).rglob("model-00002*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-1])
    app = world.plane.app("tiny-app")
    task = world.plane.run(world.plane.worker.start(app.functions["Server.*"]))
    ended(world, task)
    assert task.result is not None
    assert "bytes where the hub states" in task.result.exception
    assert not any("launch started" in line for line in task.log)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("endpoint", ["web_server", "server"])
def test_whatever_ends_a_container_drains_the_engine(
    number: signal.Signals, endpoint: str, containers: World
) -> None:
    """SIGTERM skips the exit hooks of a class where nobody takes care of it.

    Modal's client loses a SIGINT that comes while an event loop of its own start ends, and runs no
    exit hook for one that comes between a class's start and its own loop (modal 1.6.4).
    """
    if (endpoint, number) == ("server", signal.SIGINT):
        pytest.skip("Modal ends servers by SIGTERM alone")
    task = start(containers, endpoint=f"  endpoint: {endpoint}")
    wait_for(containers, task.id, "serving started")
    assert in_modals_loop(containers, task), "".join(task.log)
    stream = requests.post(
        f"http://127.0.0.1:{containers.port}/v1/chat/completions",
        json={"stream": True},
        headers={"Authorization": f"Bearer {KEY}"},
        stream=True,
        timeout=250,
    )
    parts = stream.iter_lines()
    assert next(parts) == b"data: 0"
    os.kill(task.process.pid, number)
    assert [part for part in parts if part][-1] == b"data: [DONE]"
    ended(containers, task)
    assert any("drain done" in line for line in task.log), "".join(task.log)
    assert gone(task)


def test_an_engine_that_dies_ends_its_container_at_once(containers: World) -> None:
    task = start(containers)
    wait_for(containers, task.id, "serving started")
    os.kill(engine_of(task), signal.SIGKILL)
    assert ended(containers, task) == 1
    assert any("ended failed" in line for line in task.log)
    assert gone(task)


def test_a_container_that_is_killed_takes_the_engine_along(containers: World) -> None:
    task = start(containers)
    wait_for(containers, task.id, "serving started")
    os.kill(task.process.pid, signal.SIGKILL)
    assert ended(containers, task, 10) == -signal.SIGKILL
    assert gone(task)


def test_an_engine_out_of_modals_reach_never_gets_there(containers: World) -> None:
    text = Path(containers.profile()).read_text(encoding="utf-8")
    text = text.replace("serving:\n", "serving:\n  host: 127.0.0.1\n")
    _, findings = load_checked(text, "p.yaml")
    assert [f.check for f in findings if f.severity == "error"] == ["host-out-of-reach"]


def test_a_container_has_no_pydantic_and_needs_none(containers: World) -> None:
    import subprocess  # noqa: PLC0415 - its one use

    from tests.fakes.modal.interpreters import small_image  # noqa: PLC0415 - as above

    ask = "import importlib.util as u; print([n for n in ('pydantic', 'jinja2') if u.find_spec(n)])"
    out = subprocess.run([str(small_image()), "-c", ask], capture_output=True, check=True)
    assert out.stdout == b"[]\n"
    task = start(containers)
    wait_for(containers, task.id, "serving started")
    containers.plane.run(containers.plane.worker.terminate(task))
