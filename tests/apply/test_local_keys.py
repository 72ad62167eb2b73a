"""The keys of a server's clients come and go while it serves: real supervisor, real door."""

from __future__ import annotations

import dataclasses

import pytest
import requests

from deployer.apply.local.keys import add_key, list_keys, remove_key, rotate_key
from deployer.apply.local.parts import Parts
from deployer.errors import UsageError

from .test_local_supervised import supervised
from .world import World, fake_parts, make_release


def status_of(world: World, key: str) -> int:
    url = f"http://127.0.0.1:{world.port}/v1/models"
    return requests.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=240).status_code


@pytest.mark.process
def test_keys_come_and_go_while_it_serves(world: World) -> None:
    world.parts = fake_parts(world.home, supervisor=Parts().supervisor)
    applied = world.apply(supervised(world))
    assert applied.key_file is not None
    first = applied.key_file.read_text().strip()

    alice = add_key("demo", "alice", world.environ, world.parts)
    assert alice.seen == "the running server accepts it (just checked)"
    path = world.folder().keys / "alice"
    assert (alice.path, path.stat().st_mode & 0o777) == (str(path), 0o600)
    key = path.read_text().strip()
    assert status_of(world, key) == status_of(world, first) == 200
    assert [each.name for each in list_keys("demo", world.environ)] == ["default", "alice"]

    assert "accepts it" in rotate_key("demo", "alice", world.environ, world.parts).seen
    assert status_of(world, key) == 401
    assert "accepts it" in rotate_key("demo", "default", world.environ, world.parts).seen
    assert status_of(world, first) == 401
    assert world.apply(supervised(world)).outcome == "unchanged", "apply asks with the new one"

    key = path.read_text().strip()
    removed = remove_key("demo", "alice", world.environ, world.parts)
    assert removed.seen == "the running server refuses it (just checked)"
    assert status_of(world, key) == 401
    told = world.folder().events.read_text() + world.folder().engine_log.read_text()
    assert not any(each in told for each in (key, first))
    assert "the keys are now: default, alice" in told
    world.destroy()


def test_a_key_that_is_not_there_or_is_no_name_is_refused(world: World) -> None:
    world.apply()
    with pytest.raises(UsageError, match="has no key `bob`"):
        rotate_key("demo", "bob", world.environ, world.parts)
    with pytest.raises(UsageError, match="is no name for a key"):
        add_key("demo", "../x", world.environ, world.parts)
    with pytest.raises(UsageError, match="has a key `default` already"):
        add_key("demo", "default", world.environ, world.parts)
    with pytest.raises(UsageError, match="the default key of `demo` stays"):
        remove_key("demo", "default", world.environ, world.parts)
    world.destroy()


def test_a_server_without_keys_has_none_to_change(world: World) -> None:
    world.apply(dataclasses.replace(make_release(world.port, key="")))
    assert list_keys("demo", world.environ) == ()
    with pytest.raises(UsageError, match="asks nobody for a key"):
        add_key("demo", "alice", world.environ, world.parts)
    world.destroy()
