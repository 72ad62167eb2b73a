"""The engine's image is built while the weights download, and a wrong tag ends both."""

from __future__ import annotations

import threading

import pytest

from tests.apply.modal.conftest import World
from tests.fakes.modal.state import Build

pytestmark = pytest.mark.process

TAG = "FROM lmsysorg/sglang:v0.5.23"
OUTPUT = ("Step 1/3 : FROM lmsysorg/sglang:v0.5.23", "manifest unknown: manifest unknown")


def test_a_wrong_tag_ends_the_download_with_the_builds_own_words(containers: World) -> None:
    world = containers
    world.plane.worker.room = False  # no container of the download ever comes
    world.plane.state.builds[TAG] = Build(OUTPUT, fails=True)
    code, _, err = world.run("apply", world.profile(), "--yes", "--no-verify")
    assert code == 1
    assert "✗ weights" in err
    assert "the image cannot be built on Modal" in err
    assert all(line in err for line in OUTPUT)
    assert not world.plane.requests("ClassCreate")
    app = world.plane.requests("AppStop")
    assert app  # what downloads is ended


def test_the_image_is_built_beside_the_download_and_waited_for(containers: World) -> None:
    world = containers
    build = world.plane.state.builds[TAG] = Build(OUTPUT[:1], may_end=False)
    weights = world.folder / "mnt" / "weights"
    began: list[bool] = []

    def watch(rpc: str) -> None:
        if rpc == "ImageJoinStreaming" and not began:
            began.append(any(weights.rglob(".deployer*")))

    world.plane.watch = watch
    outcome: list[int] = []
    said: list[str] = []

    def apply() -> None:
        code, _, err = world.run("apply", path, "--yes", "--no-verify")
        outcome.append(code)
        said.append(err)

    path = world.profile()
    thread = threading.Thread(target=apply)
    thread.start()
    log = "weights done"
    there = world.plane.run(
        world.plane.state.until(
            lambda: any(log in line for t in world.plane.worker.tasks.values() for line in t.log),
            120.0,
        )
    )
    assert there  # the download came to its end while the image was being built
    assert began == [False]  # and the build had begun before the download was over
    assert not world.plane.requests("ClassCreate")
    assert not build.over

    async def end() -> None:
        build.may_end = True
        await world.plane.state.tell()

    world.plane.run(end())
    thread.join()
    assert outcome == [0], said
    assert "the engine's image is there, after" in said[0]
    assert len(world.plane.requests("ClassCreate")) == 1

    # Where nothing is to be downloaded, the deployment builds it, and says the same.
    world.plane.state.builds.clear()
    world.plane.state.builds["v0.5.23-cu999"] = Build(OUTPUT, fails=True)
    world.profile(image="  image: lmsysorg/sglang:v0.5.23-cu999")
    code, _, err = world.run("apply", path, "--yes", "--no-verify")
    assert (code, "✗ deploy" in err, OUTPUT[1] in err) == (1, True, True), err
    assert len(world.plane.app("tiny-app").versions) == 1
