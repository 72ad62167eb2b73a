"""What is kept and read: events, logs, identities, locks, the environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployer.apply.local.environment import supervisor_environment
from deployer.apply.local.events import EventReader, last_event
from deployer.apply.local.family import MARK, family
from deployer.apply.local.folder import existing, folder_of, folders, root
from deployer.apply.local.lock import locked
from deployer.apply.local.logs import logs
from deployer.apply.local.process import Identity, identify, is_alive, send
from deployer.apply.local.state import State, read_state, write_state
from deployer.errors import Failure, UsageError
from deployer.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deployer.apply.local.folder import Folder

pytestmark = pytest.mark.process


SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as process:
        yield process
        process.kill()


def put_on_record(environ: dict[str, str], supervisor: Identity) -> Folder:
    folder = folder_of("demo", environ)
    folder.path.mkdir(parents=True)
    state = State("demo", "d1gest", "demo.yaml", 8000, 1.5, supervisor, (), "file", 0)
    write_state(folder, state)
    assert read_state(folder) == state
    return folder


def line(phase: str) -> bytes:
    return Event(1.0, phase, "started", phase).to_json().encode() + b"\n"


def test_events_come_once_and_only_when_they_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader = EventReader(path, 0)
    assert reader.read() == ()
    whole = line("launch")
    for upto, expected in ((9, []), (len(whole) - 1, []), (len(whole), ["launch"])):
        path.write_bytes(whole[:upto])
        assert [event.phase for event in reader.read()] == expected
    assert reader.read() == ()


def test_half_a_line_of_a_killed_supervisor_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(line("launch") + b'{"time": 1.0, "pha')
    start = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"\xff\n[]\n" + line("load"))

    assert [event.phase for event in EventReader(path, 0).read()] == ["launch", "load"]
    assert [event.phase for event in EventReader(path, start).read()] == ["load"]
    newest = last_event(path, start)
    assert newest is not None
    assert newest.phase == "load"


def test_an_identity_is_more_than_a_number(bystander: subprocess.Popen[bytes]) -> None:
    real = identify(bystander.pid)
    later = Identity(bystander.pid, "another boot/1")

    assert is_alive(real)
    assert not is_alive(later)
    assert not send(later, signal.SIGKILL)
    assert is_alive(real)
    assert send(real, signal.SIGKILL)
    bystander.wait()
    assert not is_alive(real)
    assert not send(real, signal.SIGKILL)


def test_a_zombie_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        identity = identify(process.pid)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(identity)


def test_the_family_is_the_marked_the_known_and_their_children(tmp_path: Path) -> None:
    script = "import subprocess, sys; subprocess.run(['sleep', '60'], env={})"
    marked = os.environ | {MARK: str(tmp_path)}
    foreign = os.environ | {MARK: str(tmp_path) + "-other"}
    with (
        subprocess.Popen([sys.executable, "-c", script], env=marked) as ours,
        subprocess.Popen([sys.executable, "-c", SLEEP], env=foreign) as other,
    ):
        try:
            while len(found := family(tmp_path, ())) < 2:
                pass
            assert ours.pid in {each.pid for each in found}
            assert other.pid not in {each.pid for each in found}
            assert os.getpid() not in {each.pid for each in family(tmp_path, [identify(1)])}
        finally:
            for each in (*found, identify(other.pid)):
                send(each, signal.SIGKILL)


def test_a_lock_names_its_holder_and_dies_with_it(environ: dict[str, str]) -> None:
    folder = folder_of("demo", environ)
    with locked(folder, "apply"):
        with pytest.raises(Failure) as caught, locked(folder, "destroy"):
            pass
        assert f"an apply (process {os.getpid()})" in caught.value.message
    with locked(folder, "destroy"):
        pass


def test_a_lock_on_a_removed_folder_is_taken_anew(environ: dict[str, str]) -> None:
    folder = folder_of("demo", environ)
    with locked(folder, "destroy"):
        folder.path.rename(folder.path.with_name(".gone"))
        with locked(folder, "apply"):
            assert folder.lock.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../other", "a/b", "-f", ".ports", "a b"])
def test_what_is_no_name(name: str, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="name"):
        folder_of(name, environ)


def test_where_state_lives() -> None:
    assert root({"XDG_STATE_HOME": "/var/s"}) == Path("/var/s/deployer/local")
    home = Path("/home/me/.local/state/deployer/local")
    assert root({"HOME": "/home/me", "XDG_STATE_HOME": "relative"}) == home
    assert root({"HOME": "/home/me"}) == home


def test_nothing_is_deployed(environ: dict[str, str]) -> None:
    assert folders(environ) == ()
    with pytest.raises(UsageError) as caught:
        existing("demo", environ)
    assert caught.value.hint.startswith("nothing is deployed here yet")


def test_the_environment_steers_nothing_and_leaks_nothing() -> None:
    environ = {
        "PATH": "/usr/bin",
        "HOME": "/home/me",
        "PYTHONPATH": "/mine",
        "PYTHONHOME": "/mine",
        "VIRTUAL_ENV": "/mine",
        "SGLANG_LOG": "1",
        "HF_TOKEN": "hf_x",
        "MODAL_TOKEN_SECRET": "as-x",
        "http_proxy": "http://proxy",
    }

    made = supervisor_environment(
        environ, engine=Path("/engine"), folder=Path("/state"), variable="API_KEY", key="k"
    )

    assert made == {
        "PATH": f"/engine/bin{os.pathsep}/usr/bin",
        "HOME": "/home/me",
        "VIRTUAL_ENV": "/engine",
        "HF_HUB_OFFLINE": "1",
        "API_KEY": "k",
        MARK: "/state",
    }


@pytest.mark.parametrize("count", [0, 1, 3, 10, 5000, 100_000])
def test_the_last_lines(environ: dict[str, str], count: int) -> None:
    folder = put_on_record(environ, identify(os.getpid()))
    older = [f"old {number}" for number in range(100)]
    newer = [f"line {number} " + "x" * 60 for number in range(7000)]
    folder.engine_log.with_name("engine.log.1").write_text("\n".join(older) + "\n")
    folder.engine_log.write_text("\n".join(newer) + "\nhalf")

    expected = (older + newer)[-count:] if count else []
    assert list(logs("demo", lines=count, environ=environ)) == [*expected, "half"]


def test_following_goes_through_a_rotation_until_the_server_ends(
    environ: dict[str, str], bystander: subprocess.Popen[bytes]
) -> None:
    folder = put_on_record(environ, identify(bystander.pid))
    log = folder.engine_log

    def append(text: str) -> None:
        with log.open("a") as file:
            file.write(text)

    def rotate() -> None:
        append("last of the old\n")
        log.replace(log.with_name("engine.log.1"))
        append("first of the new\n")

    def end() -> None:
        append("goodbye\nhalf")
        bystander.kill()
        bystander.wait()

    # Each look at the log is followed by one step of the story, in place of a sleep.
    steps: Iterator[Callable[[], None]] = iter(
        [lambda: append("one\ntw"), lambda: append("o\n"), rotate, lambda: None, end]
    )
    told = logs("demo", follow=True, lines=5, environ=environ, sleep=lambda _: next(steps)())

    assert list(told) == [
        "one", "two", "last of the old", "first of the new", "goodbye", "half",
    ]  # fmt: skip


def test_following_a_server_that_has_ended_shows_its_end(environ: dict[str, str]) -> None:
    folder = put_on_record(environ, Identity(1, "another boot/1"))
    folder.engine_log.write_text("a\nb\nc\n")

    assert list(logs("demo", follow=True, lines=2, environ=environ)) == ["b", "c"]


def test_a_log_that_was_emptied_is_read_from_its_beginning(
    environ: dict[str, str], bystander: subprocess.Popen[bytes]
) -> None:
    folder = put_on_record(environ, identify(bystander.pid))
    folder.engine_log.write_text("a long line before\n")

    def empty(_: float) -> None:
        folder.engine_log.write_text("new\n")
        bystander.kill()
        bystander.wait()

    told = logs("demo", follow=True, lines=1, environ=environ, sleep=empty)
    assert list(told) == ["a long line before", "new"]
