"""A draft model and an adapter live as the model does: fetched, proven, mounted, given to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from deployer.apply.modal.records import Records
from tests.apply.modal.conftest import TOKEN, World
from tests.apply.modal.test_life import changes, deployed, plan, running
from tests.fakes.hub.model import model_files, safetensors
from tests.fakes.hub.server import FakeHub

pytestmark = pytest.mark.process

BESIDE = """\
speculative:
  algorithm: EAGLE3
  num_steps: 3
  eagle_topk: 1
  draft_model: example/draft
  draft_revision: main
lora:
  adapters:
    sql: example/sql@main
"""
ADAPTER = {
    "adapter_config.json": b'{"r": 8}',
    "adapter_model.safetensors": safetensors({"a": b"x" * 999}),
}


@pytest.fixture
def hubs(containers: World) -> Iterator[tuple[FakeHub, FakeHub]]:
    draft = {path: data for path, data in model_files(1, seed=2).items() if "token" not in path}
    with ExitStack() as stack:
        made = (
            stack.enter_context(FakeHub(draft, repo="example/draft", commit="a" * 40).serving()),
            stack.enter_context(FakeHub(ADAPTER, repo="example/sql", commit="b" * 40).serving()),
        )
        for hub in made:
            hub.token = TOKEN
        containers.hub.beside += made
        yield made


def profile(world: World) -> str:
    path = Path(world.profile())
    path.write_text(path.read_text(encoding="utf-8") + BESIDE, encoding="utf-8")
    return str(path)


def volume(world: World) -> Path:
    found = next(v for v, (name, _) in world.plane.state.volumes.items() if name == "weights")
    return world.plane.state.volume(found)


def weights(shown: dict[str, Any]) -> dict[str, Any]:
    return next(phase for phase in shown["phases"] if phase["phase"] == "weights")


def test_they_are_fetched_proven_and_given_to_the_engine(
    containers: World, hubs: tuple[FakeHub, FakeHub]
) -> None:
    world, (draft, sql) = containers, hubs
    path = profile(world)
    code, shown = plan(world, path)
    assert (code, running(shown)[0]) == (2, "weights")
    for repo in ("example/draft", "example/sql"):
        assert f"{repo}: no complete download is on" in weights(shown)["reason"]

    applied = deployed(world, path)

    for repo, hub in (("draft", draft), ("sql", sql)):
        folder = volume(world) / repo / hub.commit
        marker = json.loads((folder / ".deployer" / "complete.json").read_text(encoding="utf-8"))
        assert (marker["repo"], marker["commit"]) == (f"example/{repo}", hub.commit)
    release = Records().release(applied["digest"])
    assert release is not None
    words = " ".join(release.argv())
    root = world.folder / "mnt" / "weights"
    assert f"--speculative-draft-model-path {root}/draft/{draft.commit}" in words
    assert f"--lora-paths sql={root}/sql/{sql.commit}" in words
    code, shown = plan(world, path)
    assert (code, running(shown)) == (0, [])
    assert "example/draft: complete since" in weights(shown)["reason"]


def shards(hub: FakeHub) -> int:
    """Count what was fetched of weights: a plan asks for the small files."""
    return sum(path.endswith(".safetensors") for path in hub.fetched())


def test_another_commit_of_an_adapter_is_fetched_alone(
    containers: World, hubs: tuple[FakeHub, FakeHub]
) -> None:
    world, (_, sql) = containers, hubs
    path = profile(world)
    deployed(world, path)
    sql.commit, sql.commits = "c" * 40, {"c" * 40, "main"}
    seen = shards(world.hub)
    code, shown = plan(world, path)
    assert code == 2
    assert f"`main` of example/sql has moved: it is {'c' * 40} now" in " ".join(shown["notes"])
    was, now = (f"example/sql at {letter * 40}" for letter in "bc")
    assert ("lora.adapters", was, now) in changes(shown)
    assert "example/sql: no complete download is on" in weights(shown)["reason"]
    assert "example/draft" not in weights(shown)["reason"]
    deployed(world, path)
    assert (volume(world) / "sql" / ("c" * 40)).is_dir()
    assert shards(world.hub) == seen


def test_a_shard_that_is_gone_starts_no_engine(
    containers: World, hubs: tuple[FakeHub, FakeHub]
) -> None:
    world, (_, sql) = containers, hubs
    path = profile(world)
    del sql.files["adapter_model.safetensors"]
    code, _, err = world.run("apply", path, "--yes")
    assert code == 1
    assert "example/sql is not complete: it has no weights (*.safetensors)" in err
    assert not any(app.deployed for app in world.plane.state.apps.values())
