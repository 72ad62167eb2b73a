"""What cannot be done is said before it costs anything: where, why, and what mends it."""

from __future__ import annotations

import json

import pytest
from grpclib import Status

from tests.apply.modal.conftest import World

pytestmark = pytest.mark.process


def refused(world: World, *words: str) -> tuple[int, str]:
    code, _, err = world.run(*words)
    assert "Traceback" not in err, err
    assert not {"AppCreate", "AppPublish"} & {name for name, _ in world.plane.calls}
    return code, err


def test_no_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = world.profile()
    for name in ("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"):
        monkeypatch.delenv(name)
    code, err = refused(world, "apply", path, "--yes")
    assert (code, "`modal token new` makes one" in err) == (1, True)
    for more in ((), ("--detailed-exitcode",), ("-o", str(world.folder / "p.json"))):
        code, out, err = world.run("plan", path, *more)
        assert (code, out) == (1, "")
        assert "there is no Modal token on this machine" in err
        assert "`plan --offline` compares with what is on record here" in err
    code, out, _ = world.run("plan", path, "--format", "json")
    assert (code, json.loads(out)["error"]["state"]) == (1, "not-asked")
    code, out, err = world.run("plan", path, "--offline", "--detailed-exitcode")
    assert code == 2
    assert "Modal was not asked: --offline was given; nothing is on record here." in err
    assert "the live state was not looked at" in out
    assert world.plane.calls == []


def test_offline_and_prices_that_are_asked_for(world: World) -> None:
    code, err = refused(world, "plan", world.profile(), "--offline", "--refresh-prices")
    assert (code, "--offline asks nobody, and --refresh-prices asks Modal" in err) == (2, True)
    assert world.plane.calls == []


def test_a_refused_token(world: World) -> None:
    world.plane.refuse(
        "AppGetByDeploymentName",
        Status.UNAUTHENTICATED,
        "Token missing. Could not authenticate client.",
    )
    code, err = refused(world, "plan", world.profile())
    assert (code, "`modal token new` makes a token" in err) == (1, True)


def test_no_such_environment(world: World) -> None:
    path = world.profile(app="  app: tiny-app\n  environment: staging")
    code, err = refused(world, "plan", path)
    assert code == 1
    assert "Environment 'staging' not found" in err
    assert "`modal environment list`" in err


def test_a_missing_secret_and_a_missing_variable(world: World) -> None:
    path = world.profile()
    del world.plane.state.secrets[("tiny-api-key", "main")]
    code, out, _ = world.run("plan", path)
    assert (code, "secret `tiny-api-key`" in out) == (0, True)
    code, err = refused(world, "apply", path, "--no-verify")
    assert code == 1
    assert "modal secret create tiny-api-key API_KEY=$(openssl rand -hex 24)" in err
    world.plane.state.secrets[("tiny-api-key", "main")] = {"KEY": "of another name"}
    code, err = refused(world, "apply", path, "--yes", "--no-verify")
    assert (code, "missing key(s): API_KEY" in err) == (1, True)
    world.plane.state.secrets[("tiny-api-key", "main")] = {"API_KEY": "k" * 20}
    del world.plane.state.secrets[("huggingface-secret", "main")]
    code, err = refused(world, "apply", path, "--yes", "--no-verify")
    assert (code, "modal secret create huggingface-secret HF_TOKEN=..." in err) == (1, True)


def test_no_key_to_verify_with(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("API_KEY")
    code, err = refused(world, "apply", world.profile(), "--yes")
    assert code == 2
    assert "API_KEY is not set here" in err
    assert "--no-verify" in err


def test_nobody_is_asked_without_a_terminal(world: World) -> None:
    code, err = refused(world, "apply", world.profile(), "--no-verify")
    assert (code, "`--yes` answers it" in err) == (2, True)
    assert "A first deployment; deploys as version 1." in err


def test_modal_out_of_reach(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODAL_SERVER_URL", "http://127.0.0.1:9")
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    code, err = refused(world, "plan", world.profile())
    assert (code, "Modal cannot be reached at 127.0.0.1: Connection refused" in err) == (1, True)
    assert "`plan --offline` compares with what is on record here" in err


def test_modal_is_asked_at_its_second_address_where_the_first_is_out_of_reach(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client has several by itself, and goes to whichever takes a connection."""
    monkeypatch.setenv("MODAL_SERVER_URL", f"http://127.0.0.1:9,{world.plane.grpc_url}")
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    code, out, err = world.run("plan", world.profile())
    assert (code, "A first deployment; deploys as version 1." in out) == (0, True), err


def test_the_hub_out_of_reach_leaves_the_plan_offline(world: World) -> None:
    path = world.profile()
    world.hub.commits = set()
    code, err = refused(world, "plan", path)
    assert code == 1
    assert "revision main" in err
    assert world.run("plan", path, "--offline")[0] == 0


def test_an_offline_plan_is_not_written(world: World) -> None:
    path = world.profile()
    code, err = refused(world, "plan", path, "--offline", "-o", str(world.folder / "p.json"))
    assert (code, "cannot be applied" in err) == (2, True)
    assert not (world.folder / "p.json").exists()


def test_names_that_stand_for_nothing(world: World) -> None:
    for verb in ("history", "rollback", "drift", "logs", "status"):
        code, err = refused(world, verb, "tinny")
        assert (code, "there is no deployment named `tinny`" in err) == (2, True), verb
    local = "profiles/cpu-tiny.yaml"
    for verb in ("history", "rollback", "drift"):
        code, err = refused(world, verb, local)
        assert (code, "for this machine" in err) == (2, True), verb
    code, out, _ = world.run("plan", local, "--detailed-exitcode")
    assert (code, out.splitlines()[0]) == (2, "cpu-tiny is not deployed here yet.")
    assert "command     python3 -m sglang.launch_server" in out
    path = world.profile()
    for verb in ("history", "rollback", "logs", "drift"):
        code, err = refused(world, verb, path)
        assert (code, "there is no app `tiny-app`" in err) == (2, True), verb


def test_a_folder_outside_the_volume(world: World) -> None:
    path = world.profile(repo="  repo: example/tiny\n  path: /elsewhere/tiny")
    code, err = refused(world, "plan", path)
    assert (code, "model.path" in err or "/elsewhere/tiny" in err) == (1, True)
