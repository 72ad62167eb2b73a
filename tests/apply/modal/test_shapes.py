"""One app of several shapes: each container finds out which one it is, and serves that one."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import pytest
import requests
from modal_proto import api_pb2

from deployer.cli.benching import _shape
from deployer.cli.reading import read_release
from deployer.headers import SHAPE_BY, TOLD_BY
from deployer.serve.lines import boot_of
from deployer.verify.endpoint import Endpoint
from tests.apply.modal.conftest import World
from tests.apply.modal.test_life import deployed, plan, running, wait_for
from tests.fakes.modal.worker import Task

pytestmark = pytest.mark.process

H100 = "NVIDIA H100 80GB HBM3, 9.0, 81559"
H200 = "NVIDIA H200, 9.0, 143771"
B200 = "NVIDIA B200, 10.0, 183359"
L4 = "NVIDIA L4, 8.9, 23034"


@pytest.fixture
def shaped(stocked: World) -> World:
    """Give a world whose containers have a driver to ask."""
    script = Path(__file__).parents[2] / "fakes" / "nvidia_smi.py"
    shim = stocked.folder / "bin" / "nvidia-smi"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    return stocked


def two_shapes(
    world: World, gpus: tuple[str, str] = ("H100", "B200"), fraction: str = "0.77", **changes: str
) -> str:
    """Write a profile for one GPU that falls back to another, with flags of its own there."""
    world.profile(
        "other",
        gpu=f"  gpu: {gpus[1]}",
        app="  app: other-app",
        max_running_requests="  max_running_requests: 24",
        mem_fraction_static=f"  mem_fraction_static: {fraction}",
        startup_timeout="  startup_timeout: 240",
        drain_timeout="  drain_timeout: 45",
        **changes,
    )
    listed = "  scaledown_window: 300\n  fallback: [other.yaml]"
    return world.profile(gpu=f"  gpu: {gpus[0]}", scaledown_window=listed, **changes)


def started(world: World, gpus: str | None) -> Task:
    """Start a container of the server on a machine with these GPUs."""
    variables = world.plane.worker.variables
    variables.pop("FAKE_GPUS", None)
    if gpus is not None:
        variables["FAKE_GPUS"] = gpus
    app = world.plane.app("tiny-app")
    name = next(name for name in app.functions if name.startswith("Server"))
    task: Task = world.plane.run(world.plane.worker.start(app.functions[name]))
    return task


def standing(world: World, path: str) -> tuple[str, str]:
    """Give what `status` says of the shape, and the last note of `drift`, which finds nothing."""
    code, out, err = world.run("status", "tiny", "--format", "json")
    assert code == 0, err
    (one,) = json.loads(out)["on_modal"]
    assert one["hardware"] == "1 x H100, else 1 x B200"
    code, out, err = world.run("drift", path, "--format", "json")
    assert code == 0, out + err
    return one["shape"], json.loads(out)["notes"][-1]


def ended(task: Task) -> bool:
    return not task.alive


def served(world: World) -> tuple[list[str], api_pb2.Function]:
    """Give the GPUs that the server asks for, in order, and what it is with the first."""
    app = world.plane.app("tiny-app")
    server = next(app.functions[name] for name in app.functions if name.startswith("Server"))
    gpus = (one.gpu_config for one in app.ranked[server])
    return [f"{gpu.gpu_type}:{gpu.count}" for gpu in gpus], app.definitions[server]


def test_each_container_serves_the_shape_of_its_gpus(shaped: World) -> None:
    """Modal may give an H200 where an H100 was asked for; what it gave else has no shape."""
    world, words = shaped, shaped.folder / "words"
    variables = world.plane.worker.variables
    variables |= {"FAKE_COMPILE": "--committed", "FAKE_WORDS": str(words)}
    path = two_shapes(world)
    code, shown = plan(world, path)
    assert (code, running(shown)) == (2, ["kernels", "kernels", "deploy", "wait", "verify"])
    assert [one["shape"] for one in shown["phases"] if one["phase"] == "kernels"] == [
        "H100:1", "B200:1"
    ]  # fmt: skip
    first = deployed(world, path)
    compiled = [
        one.function.resources.gpu_config.gpu_type
        for one in world.plane.requests("FunctionCreate")
        if one.function.function_name == "compile_deepgemm"
    ]
    assert sorted(set(compiled)) == ["B200", "H100"]
    assert plan(world, path)[0] == 0
    asked, definition = served(world)
    assert asked == ["H100:1", "B200:1"]
    assert (definition.max_concurrent_inputs, definition.target_concurrent_inputs) == (24, 24)

    of_all = read_release(path)
    for gpus, shape, fraction in (
        (H100, "H100:1", "0.88"),
        (H200, "H100:1", "0.88"),
        (B200, "B200:1", "0.77"),
    ):
        task = started(world, gpus)
        wait_for(world, task.id, "serving started")
        assert f"{shape}: 1 x {gpus.split(', ')[0]}" in "".join(task.log)
        assert [boot.shape for line in task.log if (boot := boot_of(line.strip()))] == [shape]
        heard = words.read_text(encoding="utf-8").splitlines()
        assert heard[heard.index("--mem-fraction-static") + 1] == fraction
        answer = requests.get(f"http://127.0.0.1:{world.port}/health", timeout=600)
        told = (answer.headers[TOLD_BY], answer.headers[SHAPE_BY])
        assert told == (first["digest"][:12], shape)
        assert _shape(of_all, Endpoint(f"http://127.0.0.1:{world.port}", None)) == shape
        if gpus is B200:
            asked_one = "one container was asked, and it is B200:1; no other one was"
            assert standing(world, path) == ("B200:1 answered just now", asked_one)
            assert "  shape     B200:1 answered just now\n" in world.run("status")[1]
        world.plane.run(world.plane.worker.terminate(task))
    assert standing(world, path) == (
        "no container runs, so none was asked which of them it is",
        "no container runs, so none was asked which release it serves",
    )
    code, out, _ = world.run("status")
    assert "shape     no container runs, so none was asked which of them it is" in out

    words.unlink()
    unfit: tuple[tuple[str | None, str], ...] = (
        (
            L4,
            "this container has 1 x NVIDIA L4 (sm89 with 22 GiB), and the deployment has no shape",
        ),
        (f"{B200}\n{B200}", "this container has 2 x NVIDIA B200"),
        (None, "`nvidia-smi` says NVIDIA-SMI has failed"),
    )
    for machine, said in unfit:
        task = started(world, machine)
        wait_for(world, task.id, said)
        assert world.plane.run(world.plane.state.until(partial(ended, task), 60))
    assert not words.exists()  # no engine was launched, with whichever flags


def test_a_shape_that_changes_is_a_change_of_the_deployment(stocked: World, tmp_path: Path) -> None:
    """For these GPUs no kernels are compiled, so no container is needed for it."""
    world, gpus, file = stocked, ("L4", "A10"), str(tmp_path / "plan.json")
    path = two_shapes(world, gpus, endpoint="  endpoint: server")
    first = deployed(world, path)
    asked, definition = served(world)
    assert asked == ["L4:1", "A10:1"]
    assert definition.http_config.exit_grace_period == 45  # the longer drain of the two
    assert plan(world, path)[0] == 0

    two_shapes(world, gpus, "0.7", endpoint="  endpoint: server")
    code, _, err = world.run("plan", path, "-o", file)
    assert code == 0, err
    code, _, err = world.run("apply", file, "--yes", "--no-verify")
    assert code == 0, err
    assert plan(world, path)[0] == 0
    assert world.plane.app("tiny-app").tags["deployer.release"] != first["digest"]
