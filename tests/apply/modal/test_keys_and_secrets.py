"""The API key, its secret and the proxy token: made where they are missing, held where they are."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
from grpclib import Status

from deployer.apply.modal.remote import key_proof
from deployer.cli import making_keys
from tests.apply.modal.conftest import KEY, World
from tests.apply.modal.test_life import deployed

pytestmark = pytest.mark.process

SECRET = ("tiny-api-key", "main")
BOTH = "  endpoint: web_server\n  auth: both"


def private(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "deployer" / "modal" / "private"


def test_the_key_its_secret_and_the_token_are_made_and_kept(
    containers: World, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    monkeypatch.delenv("API_KEY")
    del world.plane.state.secrets[SECRET]
    path = world.profile(endpoint=BOTH)
    code, _, err = world.run("secrets", path)
    assert code == 1
    deployed(world, path)
    kept = private(state)
    assert set(kept) == {"API_KEY", "id", "secret"}
    key = kept["API_KEY"].read_text(encoding="ascii").strip()
    assert world.plane.state.secrets[SECRET] == {"API_KEY": key}
    token = {kept["id"].read_text().strip(): kept["secret"].read_text().strip()}
    assert world.plane.state.proxy_tokens == token
    assert {stat.S_IMODE(one.stat().st_mode) for one in kept.values()} == {0o600}
    assert {stat.S_IMODE(one.parent.stat().st_mode) for one in kept.values()} == {0o700}

    code, out, err = world.run("secrets", path, "--format", "json")
    assert code == 0, err
    shown = json.loads(out)
    assert [(one["name"], one["state"], one["holds"]) for one in shown["secrets"]] == [
        ("tiny-api-key", "there", ["API_KEY"]),
        ("huggingface-secret", "there", ["HF_TOKEN"]),
    ]
    assert shown["secrets"][0]["kept"] == str(kept["API_KEY"])
    assert shown["proxy_token"] == {
        "kept": str(kept["id"].parent),
        "known": True,
        "trouble": "",
    }
    code, out, err = world.run("verify", "tiny", "--probe", "health", "--probe", "stranger")
    assert code == 0, out + err  # with the key and the token of the files
    # A second apply makes nothing anew, and finds both.
    world.profile(endpoint=BOTH, max_prefill_tokens="  max_prefill_tokens: 16384")
    again = deployed(world, path)
    assert again["version"] == 2
    assert private(state)["API_KEY"].read_text(encoding="ascii").strip() == key
    assert world.plane.state.proxy_tokens == token
    for text in (*world.said, *(line for t in world.plane.worker.tasks.values() for line in t.log)):
        assert key not in text
        assert next(iter(token.values())) not in text


@pytest.mark.parametrize("terminal", [True, False])
def test_a_new_key_is_shown_once_and_at_a_terminal_only(
    world: World, state: Path, monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    monkeypatch.delenv("API_KEY")
    del world.plane.state.secrets[SECRET]
    monkeypatch.setattr(making_keys, "can_ask", lambda: terminal)
    monkeypatch.setattr(making_keys, "ask", lambda _: True)
    monkeypatch.setattr(making_keys, "at_a_terminal", lambda: terminal)
    world.plane.refuse("AppCreate", Status.PERMISSION_DENIED)
    _, _, err = world.run("apply", world.profile(), "--yes")
    file = private(state)["API_KEY"]
    key = file.read_text(encoding="ascii").strip()
    assert f"kept in {file}, which only you can read" in err
    assert err.count(key) == int(terminal)


def test_nobody_agrees_and_nothing_is_made(
    world: World, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("API_KEY")
    del world.plane.state.secrets[SECRET]
    code, _, err = world.run("apply", world.profile(endpoint=BOTH), "--no-verify")
    assert code == 1
    assert "secret `tiny-api-key`" in err
    assert not private(state)
    assert SECRET not in world.plane.state.secrets
    assert not world.plane.state.proxy_tokens


def test_a_secret_that_somebody_made_meanwhile_is_left_alone(
    world: World, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("API_KEY")
    theirs = {"API_KEY": "of-somebody-else-0123456789"}
    del world.plane.state.secrets[SECRET]

    def meanwhile(rpc: str) -> None:
        asked = (
            [one for one in world.plane.requests(rpc) if one.env_dict] if "Secret" in rpc else []
        )
        if asked:
            world.plane.state.secrets[SECRET] = dict(theirs)

    world.plane.watch = meanwhile
    code, _, err = world.run("apply", world.profile(), "--yes")
    assert code == 1
    assert "exists" in err
    assert world.plane.state.secrets[SECRET] == theirs
    assert not private(state)


@pytest.mark.parametrize(("variable", "taken"), [("API_KEY", True), ("STAGE_PASS", False)])
def test_what_a_variable_holds_is_put_into_a_secret_only_where_it_is_a_key(
    world: World, state: Path, monkeypatch: pytest.MonkeyPatch, variable: str, *, taken: bool
) -> None:
    monkeypatch.setenv(variable, "of-mine-0123456789-0123456789")
    del world.plane.state.secrets[SECRET]
    world.plane.refuse("AppCreate", Status.PERMISSION_DENIED)
    path = world.profile(port=f"  port: {world.port}\n  api_key_env: {variable}")
    world.run("apply", path, "--yes", "--no-verify")
    made = world.plane.state.secrets[SECRET]
    assert (made[variable] == "of-mine-0123456789-0123456789") is taken
    assert private(state)[variable].read_text(encoding="ascii").strip() == made[variable]


def test_a_wrong_key_starts_no_server_and_no_gpu(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    monkeypatch.setenv("API_KEY", "a-wrong-key-that-is-long-enough")
    code, _, err = world.run("apply", world.profile(), "--yes")
    assert code == 1
    assert "the API key here is none of those in the secret `tiny-api-key`" in err
    assert "Set API_KEY to what the secret holds" in err
    asked = [
        one.function.resources.gpu_config.count for one in world.plane.requests("FunctionCreate")
    ]
    assert asked == [0]  # what compares, and nothing else
    assert not world.plane.requests("AppPublish") or not world.plane.app("tiny-app").deployed
    sent = b"".join(one.SerializeToString() for _, one in world.plane.calls)
    assert b"a-wrong-key-that-is-long-enough" not in sent


def test_a_key_of_somebody_with_a_name_is_one_of_the_secret(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    monkeypatch.setenv("API_KEY", "alices-own-key-0123456789")
    world.plane.state.secrets[SECRET] = {"API_KEY": KEY, "API_KEY__ALICE": "x" * 20}
    code, _, err = world.run("apply", world.profile(), "--yes")
    assert (code, "is none of those in the secret" in err) == (1, True)
    world.plane.state.secrets[SECRET]["API_KEY__ALICE"] = "alices-own-key-0123456789"
    world.plane.state.secrets[("huggingface-secret", "main")] = {"HF_TOKEN": "hf_no"}  # ends there
    code, _, err = world.run("apply", world.profile(), "--yes")
    assert code == 1
    assert re.search("key +.*it is one of the secret `tiny-api-key`", err)


def test_a_token_that_modal_does_not_know_is_told_before_anything_is_spent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODAL_PROXY_TOKEN_ID", "wk-of-long-ago")
    monkeypatch.setenv("MODAL_PROXY_TOKEN_SECRET", "ws-of-long-ago")
    path = world.profile(endpoint=BOTH)
    code, _, err = world.run("apply", path, "--yes")
    assert code == 1
    assert "Modal knows no proxy token as it stands in MODAL_PROXY_TOKEN_ID" in err
    assert not world.plane.requests("AppCreate")
    code, out, _ = world.run("secrets", path)
    assert code == 1
    assert "the proxy token is in MODAL_PROXY_TOKEN_ID" in out
    assert "Modal does NOT know it" in out


def test_a_proof_is_of_one_key_and_one_salt() -> None:
    assert key_proof("key", "a") == key_proof("key", "a")
    assert len({key_proof(key, salt) for key in ("key", "yek") for salt in ("a", "b")}) == 4
