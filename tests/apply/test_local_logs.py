"""A log that is not there is not a log that says nothing."""

from __future__ import annotations

import pytest

from .test_local_strangers import command
from .world import World

pytestmark = pytest.mark.process

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("lines", ["logs demo", "logs demo -n 0"])
def test_a_log_that_is_not_there_is_a_failure(
    world: World, monkeypatch: Patch, capsys: Capture, lines: str
) -> None:
    world.apply()
    log = world.folder().engine_log
    log.unlink()
    code, said = command(world, monkeypatch, capsys, *lines.split())
    assert code == 1
    assert f"there is no engine log of `demo`: {log} is not there" in said
    assert "`deployer status demo` says how it stands" in said


def test_following_ends_with_a_failure_where_there_never_was_a_log(
    world: World, monkeypatch: Patch, capsys: Capture
) -> None:
    world.apply()
    folder = world.folder()
    state = folder.state.read_bytes()
    world.destroy()
    folder.path.mkdir(mode=0o700, exist_ok=True)
    folder.state.write_bytes(state)
    folder.state.chmod(0o600)
    code, said = command(world, monkeypatch, capsys, "logs", "-f", "demo")
    assert (code, "there is no engine log of `demo`" in said) == (1, True)


def test_a_log_that_was_moved_away_is_there(
    world: World, monkeypatch: Patch, capsys: Capture
) -> None:
    world.apply()
    log = world.folder().engine_log
    log.rename(log.with_name(f"{log.name}.1"))
    assert command(world, monkeypatch, capsys, "logs", "demo")[0] == 0


def test_an_empty_log_is_said_to_be_empty(
    world: World, monkeypatch: Patch, capsys: Capture
) -> None:
    world.apply()
    world.folder().engine_log.write_bytes(b"")
    code, said = command(world, monkeypatch, capsys, "logs", "demo")
    assert (code, "The log of demo is empty: it was read, and has no line." in said) == (0, True)


def test_following_says_that_a_damaged_state_cannot_tell_whether_more_comes(
    world: World, monkeypatch: Patch, capsys: Capture
) -> None:
    world.apply()
    folder = world.folder()
    state = folder.state.read_bytes()
    folder.state.write_bytes(b"{}")
    code, said = command(world, monkeypatch, capsys, "logs", "-f", "demo")
    folder.state.write_bytes(state)
    assert code == 1
    assert "state.json" in said
