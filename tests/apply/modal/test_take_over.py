"""One app, two files: the second replaces what the first deployed only where that is meant."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from modal_proto import api_pb2

from deployer.plan.file import mark, shown
from tests.apply.modal.conftest import World
from tests.apply.modal.test_life import deployed, plan
from tests.fakes.modal.state import App

pytestmark = pytest.mark.process


@pytest.fixture
def containers(containers: World) -> World:
    """Give them with the weights there already: what is tested here comes after the download."""
    containers.stock()
    return containers


def copied(world: World, **changes: str) -> str:
    """Copy the profile into another folder, as somebody who wants a second one would."""
    return world.profile(folder="copy", **(changes or {"max_containers": "  max_containers: 3"}))


def test_another_file_is_named_and_asked_about(containers: World) -> None:
    world = containers
    (world.folder / ".git").mkdir()
    first = world.profile()
    deployed(world, first)
    assert world.plane.app("tiny-app").tags["deployer.file"] == "tiny.yaml"
    published = len(world.plane.requests("AppPublish"))
    copy = copied(world)

    code, text, _ = world.run("plan", copy)
    assert code == 0
    assert "from tiny.yaml, and this is copy/tiny.yaml" in " ".join(text.split())
    _, planned = plan(world, copy)
    assert (planned["takes_over"], planned["deployed"]["file"]) == (True, "tiny.yaml")
    for words in ([], ["--yes"]):
        code, out, err = world.run("apply", copy, "--no-verify", *words)
        assert (code, out) == (2, "")
        assert "Replace what tiny.yaml deployed as the app tiny-app by copy/tiny.yaml?" in err
        assert "`--take-over` answers it" in err
    assert len(world.plane.requests("AppPublish")) == published

    deployed(world, copy, "--take-over")
    assert world.plane.app("tiny-app").tags["deployer.file"] == "copy__tiny.yaml"
    _, planned = plan(world, first)
    assert planned["takes_over"]
    _, offline = plan(world, first, "--offline")
    assert (offline["takes_over"], offline["deployed"]["file"]) == (True, "copy__tiny.yaml")
    world.profile(max_containers="  max_containers: 4")
    assert not plan(world, copy)[1]["takes_over"]


@pytest.mark.parametrize("tag", ["", "v1.2", "c" * 40])
def test_an_app_that_is_not_deployers_is_not_replaced_by_yes(world: World, tag: str) -> None:
    """As somebody else's script deploys it: no tags of deployer's, or a commit in their place."""
    (world.folder / ".git").mkdir()
    state = world.plane.state
    app = App("ap-else", "tiny-app", "main", api_pb2.APP_STATE_DEPLOYED, time.time())
    state.apps[app.id] = app
    world.plane._add_version(app, tag, api_pb2.CommitInfo())
    world.stock()
    path = world.profile()
    said = "the app tiny-app is not deployer's: it carries none of its tags"
    code, text, _ = world.run("plan", path)
    assert (code, said in " ".join(text.split())) == (0, True)
    assert plan(world, path)[1]["takes_over"]
    for words in ([], ["--yes"], ["--yes", "--candidate"]):
        code, out, err = world.run("apply", path, *words)
        assert (code, out) == (2, "")
        assert "Replace the app tiny-app, which is not deployer's, by tiny.yaml?" in err
        assert "`--take-over` answers it" in err
    assert not world.plane.requests("AppPublish")
    deployed(world, path, "--take-over")
    assert not plan(world, path)[1]["takes_over"]


def test_a_rehearsal_ends_no_app_of_somebody_elses(world: World) -> None:
    state, name = world.plane.state, "tiny-app-rehearsal"
    app = App("ap-else", name, "main", api_pb2.APP_STATE_DEPLOYED, time.time())
    state.apps[app.id] = app
    world.plane._add_version(app, "", api_pb2.CommitInfo())
    code, out, err = world.run("apply", world.profile(), "--rehearse", "--yes")
    assert (code, out, app.deployed, len(app.versions)) == (1, "", True, 1)
    assert f"the app {name}, which a rehearsal would replace and end, is not deployer's" in err
    del state.apps[app.id]
    code, out, err = world.run("apply", world.profile(), "--rehearse")
    assert (code, out) == (2, "")
    assert "is taken away, with the volume weights-rehearsal and all in it" in err


def test_a_written_plan_does_not_agree_to_it_either(containers: World) -> None:
    world = containers
    deployed(world, world.profile())
    written = str(world.folder / "plan.json")
    assert world.run("plan", copied(world), "-o", written)[0] == 0

    code, out, err = world.run("apply", written, "--yes", "--no-verify")

    assert (code, out) == (2, "")
    assert "`--take-over` answers it" in err
    assert world.run("apply", written, "--yes", "--no-verify", "--take-over")[0] == 0


def test_a_moved_file_of_the_same_content_is_no_obstacle(containers: World) -> None:
    world = containers
    first = world.profile()
    deployed(world, first)
    copy = copied(world, max_containers="  max_containers: 2")
    Path(first).unlink()

    code, planned = plan(world, copy)
    assert (code, planned["takes_over"], planned["nothing_to_do"]) == (0, False, True)
    assert any("and this is" in note for note in planned["notes"]), "and it is said"
    assert deployed(world, copy)["outcome"] == "unchanged"
    assert plan(world, copy, "--offline")[1]["deployed"]["file"] == mark(first)


def test_what_is_stopped_or_not_recorded_is_told_and_not_asked_about(containers: World) -> None:
    world = containers
    first = world.profile()
    deployed(world, first)
    copy = copied(world)
    world.plane.app("tiny-app").tags.pop("deployer.file")
    _, planned = plan(world, copy)
    assert not planned["takes_over"]
    assert any("is not recorded" in note for note in planned["notes"])

    deployed(world, copy)
    assert world.run("destroy", first, "--yes")[0] == 0
    _, planned = plan(world, first)
    assert not planned["takes_over"]
    assert json.dumps(planned)


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("", ""),
        ("glm.yaml", "glm.yaml"),
        ("profiles/b200-fp8-eagle.yaml", "profiles__b200-fp8-eagle.yaml"),
        ("a/snake_case.yaml", "a__snake_case.yaml"),
    ],
)
def test_the_mark_of_a_file_tells_it(path: str, marked: str) -> None:
    assert mark(path) == marked
    assert shown(marked) == path


def test_two_files_have_two_marks() -> None:
    paths = ["a/b.yaml", "a__b.yaml", "a-b.yaml", "a b.yaml", "a_/b.yaml", "a/_b.yaml", "ä.yaml"]
    paths += [f"{'d/' * 40}{n}/p.yaml" for n in range(3)] + ["/a/b.yaml", "a//b.yaml", "_", "-"]
    marks = [mark(path) for path in paths]

    assert len(set(marks)) == len(paths)
    assert all(1 <= len(one) <= 63 for one in marks)
    assert all(c.isascii() and (c.isalnum() or c in "._-") for one in marks for c in one)
