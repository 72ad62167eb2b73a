"""Starts that fail: what is said, and that nothing of them is left."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from deployer.apply.files import write_whole
from deployer.apply.local.family import family
from deployer.apply.local.state import read_state
from deployer.apply.local.status import status
from deployer.errors import Failure, NotThere, UsageError
from tests.ports import free_port

from .world import DRIVER_ENVIRONMENT, World, driver, fake_parts, make_release

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


def assert_nothing_is_left(world: World, port: int | None = None) -> None:
    assert family(world.folder().path, ()) == frozenset()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port or world.port))


def test_a_supervisor_that_dies_without_a_word(world: World) -> None:
    with pytest.raises(Failure) as caught:
        world.apply(make_release(world.port, FAULT="die"))

    assert caught.value.message == "the supervisor ended without saying why: exit code 3"
    assert str(world.folder().engine_log) in caught.value.hint
    assert world.events[-1].detail == ("Traceback: the supervisor itself broke",)
    (found,) = status(environ=world.environ)
    assert (found.state, found.message) == ("failed", caught.value.message)
    assert_nothing_is_left(world)


def test_a_start_that_fails_and_says_so_then_the_same_again(world: World) -> None:
    release = make_release(world.port, FAULT="fail")
    with pytest.raises(Failure, match="the engine ran out of memory"):
        world.apply(release)

    assert_nothing_is_left(world)
    assert "fired up" in world.folder().engine_log.read_text()
    with pytest.raises(Failure, match="the engine ran out of memory"):
        world.apply(release)
    messages = [event.message for event in world.events if event.phase == "compare"]
    assert messages[-1] == "the server has ended: the engine ran out of memory"


def test_a_server_that_never_gets_ready_is_ended_after_its_budget(world: World) -> None:
    late = iter(range(0, 10_000, 7))
    world.parts = fake_parts(world.home, clock=lambda: float(next(late)))

    with pytest.raises(Failure, match="not ready within all its budgets"):
        world.apply(make_release(world.port, LOAD="60"))

    assert_nothing_is_left(world)


def test_a_failed_replacement_says_that_the_old_server_is_stopped(world: World) -> None:
    world.apply()

    with pytest.raises(Failure) as caught:
        world.apply(make_release(world.port, FAULT="fail"))

    assert caught.value.message == (
        "the engine ran out of memory; the server that ran before had already been stopped"
    )
    assert_nothing_is_left(world)


def test_what_fails_before_the_stop_leaves_the_old_server_alone(world: World) -> None:
    world.apply()

    def break_down(*_: object) -> Any:
        message = "the model is another one"
        raise Failure(message)

    world.parts = fake_parts(world.home, tiny_model=break_down)
    with pytest.raises(Failure, match=r"^the model is another one$"):
        world.apply(make_release(world.port, LOAD="0.1"))

    assert [each.state for each in status(environ=world.environ)] == ["serving"]


def test_a_missing_engine_is_installed_only_with_consent(world: World) -> None:
    plain = fake_parts(world.home)
    installed: list[str] = []

    def install(version: str, progress: Any, environ: Any) -> Any:
        progress("downloading", 0.25)
        installed.append(version)
        return plain.locate(version, environ)

    world.parts = dataclasses.replace(plain, locate=lambda *_: None, install=install)
    with pytest.raises(Failure) as caught:
        world.apply()
    assert caught.value.hint == "`deployer engine install 0.5.23` installs it"
    assert not world.folder().state.exists()

    assert world.apply(confirm_install=lambda size: "GB" in size).outcome == "created"
    assert installed == ["0.5.23"]
    assert "downloading (25%)" in [event.message for event in world.events]


def test_weights_that_are_not_there(world: World) -> None:
    plain = make_release(world.port)
    model = dataclasses.replace(plain.model, source="huggingface", repo="a/b", path="/nowhere/b")

    with pytest.raises(Failure) as caught:
        world.apply(dataclasses.replace(plain, model=model))

    assert caught.value.message == "a/b is not in /nowhere/b: it has no config.json"
    assert caught.value.hint.startswith("`hf download a/b --local-dir /nowhere/b`")


def test_a_folder_in_place_of_the_config_is_no_config(world: World, tmp_path: Path) -> None:
    plain = make_release(world.port)
    (tmp_path / "b" / "config.json").mkdir(parents=True)
    model = dataclasses.replace(
        plain.model, source="huggingface", repo="a/b", path=str(tmp_path / "b")
    )

    with pytest.raises(Failure, match=r"a/b is not in .*/b: it has no config\.json"):
        world.apply(dataclasses.replace(plain, model=model))


def test_a_port_that_someone_else_has_is_refused_before_anything_long(world: World) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", world.port))
        other.listen()
        with pytest.raises(Failure) as caught:
            world.apply()

    assert f"process {os.getpid()}" in caught.value.message
    assert world.phases("started") == ["compare"]


def test_a_port_of_another_deployment_names_it(world: World) -> None:
    world.apply()

    with pytest.raises(Failure) as caught:
        world.apply(make_release(world.port, name="other"))

    assert caught.value.message == f"port {world.port} belongs to the local deployment `demo`"


def test_an_address_of_another_machine(world: World) -> None:
    with pytest.raises(Failure, match="cannot listen"):
        world.apply(make_release(world.port, host="192.0.2.1"))


def test_a_release_for_modal_is_refused(world: World) -> None:
    with pytest.raises(UsageError, match="target modal"):
        world.apply(dataclasses.replace(make_release(world.port), target="modal"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "Expecting property name"),
        ('{"format_version": 99}', "format 99 is not the 1"),
        ("[]", "format None"),
        ('{"format_version": 1}', "missing"),
        ("\0\x01", "Expecting value"),
    ],
)
def test_damaged_state_is_named_and_can_be_destroyed(
    world: World, content: str, reason: str
) -> None:
    world.folder().path.mkdir(parents=True)
    world.folder().state.write_text(content)

    with pytest.raises(Failure, match=reason) as caught:
        world.apply()
    assert "deployer destroy demo" in caught.value.hint
    (found,) = status(environ=world.environ)
    assert found.state == "unreadable"
    assert reason in found.message

    world.destroy()
    assert not world.folder().path.exists()
    assert status(environ=world.environ) == ()


def test_a_server_with_damaged_state_is_ended_by_destroy(world: World) -> None:
    world.apply()
    world.folder().state.write_bytes(b"\xff\xfe")

    world.destroy()
    assert not world.folder().path.exists()
    assert_nothing_is_left(world)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")
    full = os.open("/dev/full", os.O_WRONLY)  # the kernel's own ENOSPC
    try:
        with pytest.raises(Failure) as caught:
            write_whole(path, "new", write=lambda _, data: os.write(full, data))
    finally:
        os.close(full)

    assert caught.value.message == f"no space left on the disk that holds {tmp_path}"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_apply_on_a_full_disk_leaves_nothing(world: World, tmp_path: Path) -> None:
    """On a real file system of 16 KiB, where the machine lets us mount one."""
    small = tmp_path / "state"
    small.mkdir()
    script = 'mount -t tmpfs -o size=16k small "$1" && shift && exec "$@"'
    words = ["unshare", "-rm", "sh", "-c", script, "sh", str(small)]
    if not shutil.which("unshare") or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    done = subprocess.run(
        [*words, *driver(world, make_release(world.port))],
        env=DRIVER_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    last = json.loads(done.stdout.splitlines()[-1])
    assert last["error"] == "Failure"
    assert "no space left on the disk" in last["message"]
    assert str(small) in last["message"]
    assert_nothing_is_left(world)


def test_a_folder_that_is_not_ours_to_write(world: World) -> None:
    (world.home / "state").write_text("a file")

    with pytest.raises(Failure, match="state: not a folder"):
        world.apply()


def test_a_failed_first_apply_is_nothing_to_destroy(world: World) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", world.port))
        other.listen()
        with pytest.raises(Failure, match=str(world.port)):
            world.apply()

    assert read_state(world.folder()) is None
    with pytest.raises(NotThere):
        world.destroy()


def test_another_port_does_not_disturb(world: World) -> None:
    world.apply()
    other = free_port()

    assert world.apply(make_release(other, name="other")).outcome == "created"
    assert [each.name for each in status(environ=world.environ)] == ["demo", "other"]
