"""The engine's image is built while the weights download, and a wrong tag ends both."""

from __future__ import annotations

import queue
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
    assert "error: the image cannot be built on Modal\n" in err
    assert "The download on Modal is ended; what it wrote stays; the end of the build's" in err
    assert all(line in err for line in OUTPUT)
    assert not world.plane.requests("ClassCreate")
    app = world.plane.requests("AppStop")
    assert app  # what downloads is ended


def let_end(world: World, build: Build) -> None:
    """Let a build that waits come to its end."""

    async def end() -> None:
        build.may_end = True
        await world.plane.state.tell()

    world.plane.run(end())


def test_the_image_is_built_beside_the_download_and_waited_for(containers: World) -> None:
    world = containers
    build = world.plane.state.builds[TAG] = Build(OUTPUT[:1], may_end=False)
    begun = threading.Event()
    world.plane.watch = lambda rpc: begun.set() if rpc == "ImageJoinStreaming" else None

    def hold() -> None:
        """Let the hub, once it has sent a part, wait for the build to begin."""
        begun.wait(60.0)

    world.hub.at_bytes = (100_000, hold)
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

    def over() -> bool:
        return any(log in line for t in world.plane.worker.tasks.values() for line in t.log)

    # The download comes to its end while the image is being built.
    assert any(world.plane.run(world.plane.state.until(over, 60.0)) for _ in range(5))
    assert begun.is_set()
    assert not world.plane.requests("ClassCreate")
    assert not build.over

    let_end(world, build)
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


def test_what_a_build_writes_is_heard_while_it_is_built(world: World) -> None:
    import modal  # noqa: PLC0415 - a second, for the quick tests beside this one too

    from deployer.apply.modal.image_build import in_its_own_words, seldom  # noqa: PLC0415 - as above

    build = world.plane.state.builds[TAG] = Build(OUTPUT[:1], may_end=False)
    heard: queue.Queue[str] = queue.Queue()
    told: list[str] = []
    clock = iter((0.0, 0.0, 4.0, 5.0, 5.0))
    hear = seldom(told.append, lambda: next(clock))
    app = modal.App("tiny-app")
    with app.run():
        with in_its_own_words(heard.put):
            image = modal.Image.from_registry("lmsysorg/sglang:v0.5.23")
            thread = threading.Thread(target=lambda: image.build(app))
            thread.start()
            assert heard.get(timeout=600) == OUTPUT[0]
            assert not build.over

            let_end(world, build)
            thread.join()
        assert build.over
        world.plane.state.builds["ENV A"] = Build(("Step 1/1 : ENV A=b",))
        image.env({"A": "b"}).build(app)
        assert world.plane.state.builds["ENV A"].over
    assert heard.empty(), "whoever built before hears no more"
    for line in ("first", "soon after", "later"):
        hear(line)
    assert told == ["the engine's image: first", "the engine's image: later"]
