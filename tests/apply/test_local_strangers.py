"""An attacker on the same machine: a port of a server that has ended, a folder that is not ours."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deployer.apply.files import state_home
from deployer.apply.local import listener
from deployer.apply.local.connection import connect
from deployer.apply.local.family import MARK
from deployer.apply.local.folder import existing, folders
from deployer.apply.local.process import is_alive
from deployer.apply.local.state import read_state
from deployer.apply.modal.prices import known
from deployer.apply.modal.records import Records
from deployer.cli.main import main
from deployer.errors import Failure

from .world import World, make_release, wait_until

pytestmark = pytest.mark.process

NOBODY = "65534"
USERS = ["", NOBODY] if os.geteuid() == 0 else [""]
"""Who the stranger is: another process of ours, and another user where we may start one."""


@contextlib.contextmanager
def squatter(world: World, user: str, **variables: str) -> Iterator[Path]:
    """Have a stranger listen on the world's port; gives what it was told."""
    log = world.home / f"told-{user or 'same'}"
    log.touch()
    script = Path(__file__).with_name("squatter.py")
    command = [sys.executable, "-I", str(script), str(world.port), user, str(log)]
    environ = {"PATH": os.environ["PATH"], **variables}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"listening\n"
            yield log
        finally:
            process.kill()


def kill_all(world: World) -> str:
    """Let a deployment die without a word; gives its key."""
    state = read_state(world.folder())
    assert state
    for each in state.known():
        with contextlib.suppress(ProcessLookupError):
            os.kill(each.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, state.known())))
    return world.folder().key.read_text().strip()


def command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    with monkeypatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", world.environ["XDG_STATE_HOME"])
        code = main(list(words))
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return code, told.out + told.err


@pytest.mark.parametrize("user", USERS)
def test_a_key_goes_to_no_stranger_on_the_port_of_a_dead_server(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    user: str,
) -> None:
    world.apply()
    key = kill_all(world)
    with squatter(world, user) as told:
        code, said = command(world, monkeypatch, capsys, "verify", "demo")
        assert code == 1
        assert "`demo` was not asked, and its API key was not sent" in said
        assert f"port {world.port} is held by process" in said
        for verb in ("status", "logs"):
            command(world, monkeypatch, capsys, verb, "demo")
        with pytest.raises(Failure, match="taken by process"):
            world.apply()
        assert key not in told.read_text()
        assert "Authorization" not in told.read_text()


@pytest.mark.parametrize("user", USERS)
def test_a_living_supervisor_lends_its_name_to_no_stranger(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    user: str,
) -> None:
    """The engine has died and its supervisor has not said so yet: its port is anybody's."""
    world.apply()
    state = read_state(world.folder())
    assert state
    engine = next(each for each in state.processes if each != state.supervisor)
    os.kill(engine.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(engine))
    key = world.folder().key.read_text().strip()
    with squatter(world, user) as told:
        assert command(world, monkeypatch, capsys, "verify", "demo")[0] == 1
        with pytest.raises(Failure, match="taken by process"):
            world.apply()
        assert key not in told.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start a process of another user")
def test_a_mark_that_a_stranger_gave_himself_makes_him_none_of_ours(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.apply()
    key = kill_all(world)
    with squatter(world, NOBODY, **{MARK: str(world.folder().path)}) as told:
        assert command(world, monkeypatch, capsys, "verify", "demo")[0] == 1
        assert key not in told.read_text()


def test_a_server_that_dies_while_it_is_asked_gives_its_key_to_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked before every request, not once: what is in the middle of a verification, too.

    As long as it holds its port, nobody else is looked at.
    """
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - as the verb does
    from deployer.verify.run import verify  # noqa: PLC0415 - brings the OpenAI client

    world.apply()
    connection = connect("demo", environ=world.environ)
    connection.guard()
    with monkeypatch.context() as patched:
        patched.setattr(listener, "family", None)
        connection.guard()
    endpoint = Endpoint.from_release(
        connection.release, connection.url, connection.api_key, connection.guard
    )
    seen: list[str] = []
    with contextlib.ExitStack() as stack:
        told: list[Path] = []

        def die(verdict: object) -> None:
            seen.append(str(verdict))
            if not told:
                kill_all(world)
                told.append(stack.enter_context(squatter(world, "")))

        with pytest.raises(Failure, match="its API key was not sent"):
            verify(endpoint, on_verdict=die)
        assert seen
        assert connection.api_key not in told[0].read_text()


def test_nobody_is_asked_through_a_proxy_on_this_machine(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deployer.verify.endpoint import Endpoint  # noqa: PLC0415 - as the verb does
    from deployer.verify.run import verify  # noqa: PLC0415 - brings the OpenAI client

    proxy = World(world.home / "proxy")
    proxy.home.mkdir()
    world.apply()
    connection = connect("demo", environ=world.environ)
    with squatter(proxy, "") as told:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        verify(Endpoint.from_release(connection.release, connection.url, connection.api_key))
        assert told.read_text() == ""


def strange(world: World, how: str) -> Path:
    """Make the state what another user could have made it."""
    home = state_home(world.environ)
    if how == "of another user":
        os.chown(home, int(NOBODY), int(NOBODY))
    elif how == "a link":
        home.rename(world.home / "elsewhere")
        home.symlink_to(world.home / "elsewhere")
    elif how == "one deployment of another user":
        home = world.folder().path
        os.chown(home, int(NOBODY), int(NOBODY))
    else:
        home.chmod(0o777)
    return home


WAYS = ["a link", "written by all"]
if os.geteuid() == 0:
    WAYS += ["of another user", "one deployment of another user"]


@pytest.mark.parametrize("how", WAYS)
def test_a_state_that_is_not_ours_is_refused_by_every_verb(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: str,
) -> None:
    world.apply()
    home = strange(world, how)
    try:
        lines = ["status", "status demo", "logs demo", "verify demo", "destroy demo"]
        if not how.startswith("one"):
            lines.append("plan profiles/cpu-tiny.yaml")
        for words in lines:
            code, said = command(world, monkeypatch, capsys, *words.split())
            assert (code, f"the state in {home} is not used" in said) == (1, True), (words, said)
        with pytest.raises(Failure, match="is not used"):
            world.apply()
        if not how.startswith("one"):
            for each in (Records, partial(known, on_damage=pytest.fail)):
                with pytest.raises(Failure, match="is not used"):
                    each(world.environ)
    finally:
        if home.is_symlink():
            home.unlink()
            (world.home / "elsewhere").rename(home)
        os.chown(home, os.geteuid(), os.getegid())
        home.chmod(0o700)
    assert existing("demo", world.environ) in folders(world.environ)
    assert world.apply(make_release(world.port)).outcome == "unchanged"
