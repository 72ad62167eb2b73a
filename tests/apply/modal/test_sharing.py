"""A download that several containers share, by the real client against the control plane."""

from __future__ import annotations

import random
import re
import signal
import threading

import pytest

from deployer.facts.modal.keywords import HOME
from deployer.facts.sizes import WRITERS
from deployer.serve.weights.verify import verify
from tests.apply.modal.conftest import World
from tests.apply.modal.test_killed import killing, start
from tests.apply.modal.test_life import plan, running
from tests.fakes.hub import xet
from tests.fakes.hub.model import model_files
from tests.fakes.hub.server import PIECE
from tests.fakes.modal.volumes import V1, V2
from tests.fakes.modal.worker import Task
from tests.volume import VOLUME

pytestmark = pytest.mark.process

SEEDS = {"fast": 1, "ci": 2, "thorough": 20}[VOLUME]
CONTAINERS, SHARDS, KILLS = 3, 5, 2
SHARD = 400_000
LOST = "the container ended"
"""What the control plane says of a call whose container died."""

DOWNLOAD = f"""\
  hub_secret: huggingface-secret
  download:
    containers: {CONTAINERS}
    connections: 2"""


__all__ = ["killing"]


@pytest.fixture
def shared(containers: World) -> World:
    """Give a world whose model has more shards than there are containers."""
    containers.hub.files = model_files(shards=SHARDS, size=SHARD)
    containers.hub.step = PIECE
    return containers


def apply(world: World, **changes: str) -> tuple[int, str]:
    path = world.profile(**{"hub_secret": DOWNLOAD, **changes})
    code, _, err = world.run("apply", path, "--yes", "--no-verify")
    return code, err


def downloading(world: World) -> list[Task]:
    """Give the containers that download shares and live."""
    app = world.plane.app("tiny-app")
    function = app.functions.get("download_share", "")
    return [t for t in world.plane.worker.tasks.values() if t.function_id == function and t.alive]


def complete(world: World) -> bool:
    """Whether what lies on the volume is what the hub has, by its bytes and by the proof."""
    (folder,) = (world.folder / "mnt" / "weights" / "tiny").iterdir()
    wanted = {path for path in world.hub.files if not path.endswith((".md", ".pth", ".gguf"))}
    same = all((folder / path).read_bytes() == world.hub.files[path] for path in wanted)
    from deployer.release import ModelSource  # noqa: PLC0415 - its one use

    model = ModelSource(
        "huggingface", "example/tiny", "main", str(folder), "tiny", commit=world.hub.commit
    )
    return same and verify(model, deep=True) == () and not list(folder.rglob("parts/*"))


def test_several_containers_share_a_download_and_one_line_tells_how_far(shared: World) -> None:
    world = shared
    # Each of the containers must be sent a shard at the same time, or this breaks.
    world.hub.together = threading.Barrier(CONTAINERS)
    world.hub.files = model_files(shards=SHARDS, size=SHARD)
    code, err = apply(world)
    assert code == 0, err
    assert not world.hub.together.broken
    assert complete(world)
    (made,) = (
        request for request in world.plane.requests("FunctionCreate")
        if request.function.function_name == "download_share"
    )  # fmt: skip
    assert made.function.autoscaler_settings.max_containers == CONTAINERS
    assert len({call.taken_by for call in world.plane.state.calls.values()}) == CONTAINERS + 1
    assert running(plan(world, world.profile(hub_secret=DOWNLOAD))[1]) == []


def test_more_containers_than_version_1_bears_share_a_volume_of_version_2(shared: World) -> None:
    world, many = shared, WRITERS[1] + 1
    world.hub.together = threading.Barrier(many)
    world.hub.files = model_files(shards=many + 1, size=SHARD)
    download = DOWNLOAD.replace(f"containers: {CONTAINERS}", f"containers: {many}")
    version_2 = "  weights:\n    version: 2"
    code, err = apply(world, hub_secret=download, weights=version_2)
    assert code == 0, err
    assert not world.hub.together.broken
    assert complete(world)
    state = world.plane.state
    versions = {name: state.volume_versions[one] for one, (name, _) in state.volumes.items()}
    assert versions["weights"] == V2
    assert versions["kernels"] == V1
    assert running(plan(world, world.profile(hub_secret=download, weights=version_2))[1]) == []


def test_a_volume_of_version_1_is_not_taken_for_one_of_version_2(world: World) -> None:
    world.plane.volume("weights")
    code, err = apply(world, weights="  weights:\n    version: 2")
    assert code == 1, err
    assert "Volume 'weights' exists but has version v1, not v2 as requested" in err
    assert world.plane.requests("FunctionMap") == []


def test_containers_fetch_shards_by_xet_and_keep_what_it_needs_off_the_volume(
    shared: World,
) -> None:
    world = shared
    world.hub.xet = xet.Storage()
    code, err = apply(world, hub_secret=f"{DOWNLOAD}\n    client: xet")
    assert code == 0, err
    assert complete(world)
    shards = {path for path in world.hub.files if path.endswith(".safetensors")}
    by = {
        server: {c.path for c in world.hub.calls if c.server == server and c.method == "GET"}
        for server in ("storage", "xet")
    }
    assert by["xet"] == shards
    assert not by["storage"] & shards
    assert {c.authorization for c in world.hub.calls if c.server == "xet"} == {
        "", f"Bearer {xet.TOKEN}"
    }  # fmt: skip
    written = {path.name for path in (world.folder / "plane" / "volumes").rglob("*")}
    assert not [name for name in written if "xet" in name]
    kept = list((world.folder / "plane" / "containers").glob(f"*{HOME}/.cache/xet/logs/*"))
    assert kept


@pytest.mark.parametrize("client", ["hub", "xet"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_containers_killed_at_random_moments_cost_a_shard_each_at_most(
    shared: World, seed: int, client: str
) -> None:
    world = shared
    world.hub.xet = xet.Storage() if client == "xet" else None
    chance = random.Random(seed)  # noqa: S311 - the same moments every time
    total = sum(map(len, world.hub.files.values()))
    headers = 8 * (total // xet.CHUNK + 2 * SHARDS) if client == "xet" else 0
    points = sorted(chance.sample(range(1, total), KILLS))
    lost: list[bool] = []

    def kill() -> None:
        """Kill one of the containers that download, in a thread that the hub does not wait for."""
        if points:
            world.hub.at_bytes = (points.pop(0), threading.Thread(target=kill).start)
        if there := downloading(world):
            again = chance.random() < 0.5
            lost.append(again)
            world.plane.run(world.plane.worker.lose(chance.choice(there), again=again))

    world.hub.at_bytes = (points.pop(0), threading.Thread(target=kill).start)
    code, err = apply(world, hub_secret=f"{DOWNLOAD}\n    client: {client}")
    assert code == 0, err
    assert complete(world)
    assert lost
    assert world.hub.bytes_sent <= total + len(lost) * (SHARD + 4096) + headers
    calls = world.plane.state.calls.values()
    failed = [c for c in calls if c.output and c.output.result.exception == LOST]
    assert len(re.findall(r"a container of the download was lost", err)) == len(failed)


def test_a_terminal_that_dies_during_a_shared_download_loses_nothing(
    shared: World, killing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = shared
    assert killing is shared
    total = sum(map(len, world.hub.files.values()))
    chance = random.Random(VOLUME)  # noqa: S311 - the same moment every time
    path = world.profile(hub_secret=DOWNLOAD)
    with world.hub.lock:
        apply = start(world, path, "dies")
        world.hub.at_bytes = (chance.randrange(1, total), apply.kill)
    said, _ = apply.communicate()
    assert apply.returncode == -signal.SIGKILL, said
    monkeypatch.setenv("XDG_STATE_HOME", str(world.folder / "next"))
    code, _, err = world.run("apply", path, "--yes", "--no-verify")
    assert code == 0, err
    assert "the download that another apply began still runs: waiting for it" in err
    assert complete(world)
    assert world.hub.bytes_sent <= total


def test_what_the_hub_lacks_ends_all_of_them(shared: World) -> None:
    world = shared
    gone = next(name for name in world.hub.files if name.endswith("00002-of-00005.safetensors"))
    world.hub.files.pop(gone)
    code, err = apply(world)
    assert code == 1, err
    assert f"the index names {gone}" in err
    assert downloading(world) == []
    assert not any(request.name for request in world.plane.requests("AppPublish"))
