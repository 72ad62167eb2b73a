"""Whose keys open a door, where they are read, and where the engine behind it listens."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest

from deployer.errors import Failure
from deployer.release import Argument
from deployer.serve import inside as room
from deployer.serve.front import routes_of
from deployer.serve.inside import HIGHEST, LOWEST, choose_inside
from deployer.serve.keyring import Held, KeyRing

from .living import KEY, VARIABLE, make_release

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "k" * 20


def test_a_secret_may_hold_several_keys_with_names() -> None:
    environ = {VARIABLE: KEY, f"{VARIABLE}__ALICE": OTHER, f"{VARIABLE}_FILE": "x"}
    assert KeyRing(VARIABLE, environ).read() == (Held("default", KEY), Held("alice", OTHER))
    assert KeyRing("", environ).read() == ()
    assert KEY not in repr(KeyRing(VARIABLE, environ).read())


@pytest.mark.parametrize(
    ("name", "key", "why"),
    [
        ("ALICE", "short", "has 5 characters, fewer than 16"),
        ("", OTHER, "names no key"),
        ("DEFAULT", OTHER, "names no key"),
        ("A LICE", OTHER, "names no key"),
        ("ALICE", f"{OTHER}\n", "a space, a control"),
    ],
)
def test_a_further_key_that_is_none_is_refused(name: str, key: str, why: str) -> None:
    ring = KeyRing(VARIABLE, {VARIABLE: KEY, f"{VARIABLE}__{name}": key})
    with pytest.raises(Failure, match=why):
        ring.read()


def test_files_beside_the_deployment_are_keys_and_are_seen_to_change(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    ring = KeyRing(VARIABLE, {VARIABLE: KEY}, folder)
    before = ring.mark()
    (folder / "bob").write_text(f"{OTHER}\n")
    (folder / ".draft").write_text("half")
    assert ring.read() == (Held("default", KEY), Held("bob", OTHER))
    assert ring.mark() != before
    (tmp_path / "api-key").write_text(f"{OTHER}{OTHER}\n")
    assert ring.read()[0] == Held("default", OTHER + OTHER)


def test_an_engine_listens_where_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    found = choose_inside(make_release())
    assert LOWEST <= found.port < HIGHEST
    assert found.words() == ("--host", "127.0.0.1", "--port", str(found.port))
    assert len({found.key, found.admin_key, choose_inside(make_release()).key}) == 3
    for key in (found.key, found.admin_key):  # one that began with a dash would be a flag
        assert re.fullmatch("[0-9a-f]{64}", key)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(room, "LOWEST", taken.getsockname()[1])
        monkeypatch.setattr(room, "HIGHEST", taken.getsockname()[1] + 1)
        with pytest.raises(Failure, match="no port between"):
            choose_inside(make_release())


def test_a_door_has_the_routes_of_clients_and_those_that_a_profile_adds() -> None:
    plain = make_release()
    object.__setattr__(plain.model, "served_name", "zai-org/glm")
    paths = {each.path for each in routes_of(plain)}
    assert {"/v1/chat/completions", "/v1/models/zai-org/glm", "/v1/models/zai-org%2Fglm"} <= paths
    assert not {"/generate", "/metrics", "/health", "/server_info"} & paths
    object.__setattr__(plain.listen, "routes", ("/generate", "/server_info"))
    object.__setattr__(plain, "arguments", (Argument("--enable-metrics", (), "x"),))
    more = {each.path for each in routes_of(plain)} - paths
    assert "/generate" in more
    assert "/server_info" not in more
