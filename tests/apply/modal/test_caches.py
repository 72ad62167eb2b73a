"""What an engine compiles at a start is there at the next: with Modal's client and entrypoint."""

from __future__ import annotations

import json
import re

import pytest

from deployer.facts.sglang.caches import CACHES
from deployer.serve.caches.marker import FOLDER
from tests.apply.modal.conftest import World
from tests.apply.modal.test_life import deployed, wait_for
from tests.fakes.modal.worker import Task

pytestmark = pytest.mark.process

FILES = {each.variable: f"{each.inside}/kernel".lstrip("/") for each in CACHES}
FILES["SGLANG_DG_CACHE_DIR"] = "cache/gemm.1/kernel.cubin"
COMPILES = [f"{variable}={name}" for variable, name in FILES.items()]
COMPILES.append("SGLANG_DG_CACHE_DIR=cache/gemm.1/.committed")


def served(world: World, said: str) -> Task:
    """Start a container of the app, and end it once it has said something."""
    app = world.plane.app("tiny-app")
    task = world.plane.run(world.plane.worker.start(app.functions["Server.*"]))
    wait_for(world, task.id, said)
    world.plane.run(world.plane.worker.terminate(task))
    return task


def found(task: Task) -> dict[str, str]:
    """Give what the engine found in each cache, by its variable."""
    lines = (re.search(r"cache (\w+) (full|empty|nowhere)", each) for each in task.log)
    return {line[1]: line[2] for line in lines if line}


def test_a_second_boot_finds_every_cache_full(containers: World) -> None:
    world = containers
    path = world.profile()
    world.plane.worker.variables["FAKE_ENGINE"] = " ".join(["--compiles", *COMPILES])
    deployed(world, path)

    first = served(world, "kept for later starts")
    assert found(first) == dict.fromkeys(FILES, "empty")
    assert any("nothing is kept for this release" in line for line in first.log)
    volume = world.folder / "mnt" / "kernels" / FOLDER
    assert len(list(volume.glob("*/*.tar"))) == len(CACHES)
    marker = json.loads(next(iter(volume.glob("*.json"))).read_text(encoding="utf-8"))
    assert {each["name"] for each in marker["caches"]} == {each.name for each in CACHES}
    assert marker["key"]["image"].startswith("im-")

    second = served(world, "nothing new was compiled")
    assert found(second) == dict.fromkeys(FILES, "full")
    assert any('"name": "caches"' in line for line in second.log)  # what `timeline` shows
    mounted = str(world.folder / "mnt")
    assert not any(mounted in line for line in second.log if re.search(r"cache \w+ full at", line))
    server = world.plane.app("tiny-app").functions["Server.*"]
    mounts = world.plane.state.definition(server).volume_mounts
    assert [each.read_only for each in mounts] == [True, True]

    world.profile(scaledown_window="  scaledown_window: 300\n  jit_caches: false")
    deployed(world, path)
    third = served(world, "serving started")
    assert set(found(third).values()) == {"empty", "nowhere"}
