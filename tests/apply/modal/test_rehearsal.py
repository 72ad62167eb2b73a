"""A rehearsal on Modal: the release without its weights, started once, and nothing left of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.cli.reading import read_release
from deployer.cli.rehearsing import _what
from deployer.compile.rehearsal import IDLE, rehearsal
from deployer.errors import UsageError
from deployer.release import SHELL
from tests.apply.modal.conftest import World
from tests.apply.modal.test_ends import dies, fetching, kept, tags
from tests.ports import free_port

__all__ = ["fetching", "kept"]  # fixtures


def test_a_rehearsal_is_the_release_but_for_its_weights_names_and_bounds() -> None:
    release = read_release("profiles/b200-fp8-latest.yaml")
    found = rehearsal(release, 20)
    assert found.modal is not None
    assert release.modal is not None
    assert (found.name, found.modal.app) == (
        f"{release.name}-rehearsal", f"{release.modal.app}-rehearsal",
    )  # fmt: skip
    assert found.modal.weights.volume == f"{release.modal.weights.volume}-rehearsal"
    assert found.modal.weights.path == release.modal.weights.path
    assert (found.modal.min_containers, found.modal.max_containers) == (0, 1)
    assert (found.modal.scaledown_window, found.modal.startup_timeout) == (IDLE, 1200)
    assert found.lifecycle.startup == 1200
    assert found.model.source == SHELL
    assert found.warmup == ()
    said = {one.flag: one.values for one in found.arguments}
    before = {one.flag: one.values for one in release.arguments}
    assert said.pop("--load-format") == ("dummy",)
    assert "--model-loader-extra-config" not in said
    for flag in ("--load-format", "--model-loader-extra-config"):
        before.pop(flag, None)
    assert said == before
    assert (found.engine, found.hardware, found.environment, found.listen) == (
        release.engine, release.hardware, release.environment, release.listen,
    )  # fmt: skip


def test_every_shape_of_a_rehearsal_has_noise_for_weights() -> None:
    release = read_release("profiles/b200-or-h200.yaml")
    found = rehearsal(release, 20)
    assert [one.shape for one in found.each_shape()] == ["B200:8", "H200:8"]
    for one in found.each_shape():
        assert (one.model.source, one.modal) == (SHELL, found.modal)
        assert ("--load-format", ("dummy",)) in {(a.flag, a.values) for a in one.arguments}
        assert one.lifecycle.startup == 1200
    said = _what(release, 20)
    assert ": 8 x B200, else 8 x H200 with noise for weights; one container is started" in said
    assert "of its container on 8 x B200)" in said


def test_a_release_for_this_machine_is_not_rehearsed_on_modal() -> None:
    with pytest.raises(UsageError, match="is for this machine, and this is a rehearsal on Modal"):
        rehearsal(read_release("profiles/cpu-tiny.yaml"), 20)


def volumes(world: World) -> set[str]:
    return {name for name, _ in world.plane.state.volumes.values()}


@pytest.mark.process
def test_it_serves_without_a_shard_and_leaves_nothing(kept: World) -> None:
    world = kept
    path = world.profile()
    code, out, err = world.run("apply", path, "--rehearse", "--yes", "--format", "json")
    assert code == 0, err
    shown = json.loads(out)
    assert (shown["name"], shown["served"], shown["left"]) == ("tiny-rehearsal", True, "")
    assert "1 x L4 with noise for weights. Its start may take 30 min" in err
    fetched = world.hub.fetched()
    assert "config.json" in fetched
    assert "tokenizer.json" in fetched
    assert not [path for path in fetched if path.endswith(".safetensors")]
    app = world.plane.app("tiny-app-rehearsal")
    assert app.stopped_at
    assert "weights-rehearsal" not in volumes(world)


@pytest.mark.process
def test_one_that_does_not_start_fails_and_leaves_nothing_and_harms_nothing(kept: World) -> None:
    world, path = kept, kept.profile()
    assert world.run("apply", path, "--yes")[0] == 0
    first = tags(world)["deployer.release"]
    dies(world)
    world.port = free_port()
    code, _, err = world.run("apply", world.profile(), "--rehearse", "--yes")
    assert (code, "the server failed to start: the engine" in err) == (1, True), err
    assert world.plane.app("tiny-app-rehearsal").stopped_at
    assert "weights-rehearsal" not in volumes(world)
    assert tags(world)["deployer.release"] == first
    assert Path(path).exists()
