"""An apply with a lock: exactly these files, this commit, this image; and what it learns without.

Modal's real client and container entrypoint, and the real download, against a hub of our own.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.apply.hub import describe
from deployer.lock.lock import Lock, LockedImage
from deployer.lock.wanted import Wanted
from deployer.serve.weights.manifest import SHA256, HubFile, Manifest
from deployer.serve.weights.marker import Complete
from tests.apply.modal.conftest import TOKEN, World
from tests.fakes.hub.server import COMMIT

pytestmark = pytest.mark.process

IMAGE = "lmsysorg/sglang:v0.5.23"
DIGEST = "sha256:" + "5" * 64


def lock(world: World, profile: str, commit: str = COMMIT) -> Path:
    """Write the lock that `deployer lock` would, had the registry been asked."""
    environ = {"HF_ENDPOINT": world.hub.endpoint, "HF_TOKEN": TOKEN}
    model = describe(Wanted("model", "example/tiny", "main"), environ)
    assert model.commit == commit
    path = Path(profile).parent / f"compiled/{Path(profile).stem}.lock.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(Lock((model,), LockedImage(IMAGE, DIGEST)).to_json(), encoding="utf-8")
    return path


def asked_for_lists(world: World) -> int:
    return sum(not call.path and call.server == "hub" for call in world.hub.calls)


def test_a_locked_profile_is_fetched_as_it_was_locked(containers: World) -> None:
    world, profile = containers, containers.profile()
    lock(world, profile)
    world.hub.move("e" * 40)
    world.hub.calls.clear()
    code, _, err = world.run("apply", profile, "--yes", "--no-verify")

    assert code == 0, err
    assert asked_for_lists(world) == 0  # neither here nor in the container
    assert any(COMMIT in str(path) for path in world.folder.rglob("complete.json"))
    images = [each for each in world.plane.state.images.values() if each.dockerfile_commands]
    assert any(f"FROM {IMAGE}@{DIGEST}" in list(each.dockerfile_commands) for each in images)


def test_bytes_that_are_not_those_of_the_lock_are_not_taken(containers: World) -> None:
    world, profile = containers, containers.profile()
    lock(world, profile)
    world.hub.files["tokenizer.json"] = world.hub.files["tokenizer.json"][::-1]
    code, _, err = world.run("apply", profile, "--yes", "--no-verify")

    assert code == 1
    assert "tokenizer.json arrived 3 times with another hash" in err


def test_a_plan_without_a_lock_asks_the_hub_and_says_what_it_learnt(world: World) -> None:
    profile = world.profile()
    code, _, err = world.run("plan", profile)

    assert code == 0, err
    files = len(world.hub.files)
    assert f"example/tiny main is commit {COMMIT[:12]}: {files} files, " in err
    assert f"`deployer lock {profile}` keeps that for every verb" in err


def test_a_plan_goes_on_where_the_hub_says_no_more_than_a_commit(world: World) -> None:
    world.hub.files["config.json"] = b"["
    code, _, err = world.run("plan", world.profile())

    assert code == 0, err
    assert "note: what the model is was not found out: config.json of example/tiny" in err


def test_a_saved_plan_carries_its_lock(world: World) -> None:
    profile = world.profile()
    path = lock(world, profile)
    out = str(world.folder / "plan.json")
    code, _, err = world.run("plan", profile, "-o", out)
    assert code == 0, err
    saved = json.loads(Path(out).read_text("utf-8"))
    assert saved["release"]["model"]["commit"] == COMMIT
    assert saved["release"]["engine"]["image"] == f"{IMAGE}@{DIGEST}"
    assert saved["lock"] == path.read_text("utf-8")

    value = json.loads(saved["lock"])
    value["repositories"][0]["commit"] = "f" * 40
    saved["lock"] = json.dumps(value)
    Path(out).write_text(json.dumps(saved), "utf-8")
    code, _, err = world.run("apply", out, "--yes")
    assert code == 2
    assert "is not a plan of its own profile: they differ in" in err


def test_weights_on_the_volume_that_fit_into_no_gpus_stop_a_plan(containers: World) -> None:
    world, profile = containers, containers.profile()
    code, _, err = world.run("apply", profile, "--yes", "--no-verify")
    assert code == 0, err
    (marker,) = world.folder.rglob("complete.json")
    files = (HubFile("model.safetensors", 30 * 10**9, SHA256, "0" * 64),)
    marker.write_text(Complete.of(Manifest("example/tiny", COMMIT, files), 0.0).to_json(), "utf-8")

    code, _, err = world.run("plan", profile)
    assert code == 1
    assert "the weights of example/tiny are 30 GB, and 1 x L4 have 24 GB in all" in err
