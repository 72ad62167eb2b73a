"""Unknown is not none: not asked, not reached and not there are three answers of every verb."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from grpclib import Status
from modal_proto import api_pb2

from deployer.apply.modal import proof, rpc
from deployer.apply.modal.records import Records
from deployer.apply.seen import Recorded
from deployer.errors import Failure
from tests.apply.modal.conftest import World
from tests.apply.modal.test_life import deployed

pytestmark = pytest.mark.process

Machine = Callable[[], AbstractContextManager[None]]
NAMED = [("status",), ("history",), ("logs",), ("rollback", "--yes"), ("drift",), ("verify",),
         ("destroy", "--yes")]  # fmt: skip
"""Every verb that takes the name of a deployment."""

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture
def containers(containers: World) -> World:
    """Give them with the weights there already: what is tested here comes after the download."""
    containers.stock()
    return containers


def words_of(verb: tuple[str, ...], name: str) -> list[str]:
    return [verb[0], name, *verb[1:]]


def asked(world: World, *words: str) -> tuple[int, str, str]:
    code, out, err = world.run(*words)
    assert "Traceback" not in err, err
    return code, out, err


def no_token(patched: pytest.MonkeyPatch) -> None:
    for name in ("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"):
        patched.delenv(name)


def out_of_reach(patched: pytest.MonkeyPatch) -> None:
    patched.setenv("MODAL_SERVER_URL", "http://127.0.0.1:9")
    for name in PROXIES:
        patched.delenv(name, raising=False)


def another_machine(patched: pytest.MonkeyPatch, world: World) -> None:
    patched.setenv("XDG_STATE_HOME", str(world.folder / "another-machine"))


def live(world: World) -> bool:
    return world.plane.app("tiny-app").deployed


@pytest.mark.parametrize("verb", NAMED, ids=lambda verb: verb[0])
def test_a_name_that_is_nowhere_is_not_there(world: World, verb: tuple[str, ...]) -> None:
    code, out, err = asked(world, *words_of(verb, "tinny"))
    assert (code, out) == (2, "")
    assert "there is no deployment named `tinny` on this machine or on Modal" in err
    assert "(asked in the environment main)" in err
    assert world.plane.requests("AppList")


@pytest.mark.parametrize("verb", NAMED, ids=lambda verb: verb[0])
def test_a_name_without_a_token_is_not_known(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    with monkeypatch.context() as patched:
        no_token(patched)
        code, out, err = asked(world, *words_of(verb, "tiny"))
    assert (code, out) == (1, "")
    assert "it is not known whether there is a deployment named `tiny`" in err
    assert "Modal was not asked: there is no Modal token on this machine" in err
    assert world.plane.calls == []


@pytest.mark.parametrize("verb", NAMED, ids=lambda verb: verb[0])
def test_a_name_with_modal_out_of_reach_is_not_known(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    with monkeypatch.context() as patched:
        out_of_reach(patched)
        code, out, err = asked(world, *words_of(verb, "tiny"))
    assert (code, out) == (1, "")
    assert "it is not known whether there is a deployment named `tiny`" in err
    assert "Modal gave no answer: Modal cannot be reached at 127.0.0.1" in err
    assert "goes on, and costs" in err


@pytest.mark.parametrize("verb", ["status", "history", "rollback", "drift", "verify"])
def test_each_of_the_three_is_a_state_in_json(
    world: World, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def state() -> tuple[int, str]:
        code, out, _ = asked(world, verb, "tinny", "--format", "json")
        return code, json.loads(out)["error"]["state"]

    assert state() == (2, "not-there")
    with monkeypatch.context() as patched:
        no_token(patched)
        assert state() == (1, "not-asked")
    with monkeypatch.context() as patched:
        out_of_reach(patched)
        assert state() == (1, "not-reached")


@pytest.mark.parametrize(
    "status", [Status.UNAVAILABLE, Status.UNAUTHENTICATED, Status.PERMISSION_DENIED]
)
def test_an_answer_that_is_none_ends_no_destroy_well(world: World, status: Status) -> None:
    world.plane.refuse("AppList", status, "no")
    for verb in ("destroy", "status"):
        code, out, err = asked(world, verb, "tiny", *(["--yes"] if verb == "destroy" else []))
        assert (code, out) == (1, ""), (verb, err)
        assert "it is not known whether" in err
        silent = status is Status.UNAVAILABLE
        assert ("Modal gave no answer" if silent else "Modal does not tell") in err


def test_a_silent_modal_is_not_waited_for_without_an_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(request: Any) -> api_pb2.AppListResponse:
        del request
        await world.plane.state.until(lambda: False)
        raise AssertionError

    monkeypatch.setattr(rpc, "ANSWER", 0.3)
    monkeypatch.setattr(world.plane, "app_list", silent)
    code, _, err = asked(world, "destroy", "tiny", "--yes")
    assert (code, "no answer within 0.3 s" in err) == (1, True)
    code, out, _ = asked(world, "status", "--format", "json")
    assert (code, json.loads(out)["modal"]["state"]) == (1, "not-reached")


def test_another_machine_finds_and_ends_it_by_both_of_its_names(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    path = world.profile()
    for name in ("tiny", "tiny-app"):
        deployed(world, path)
        with monkeypatch.context() as patched:
            another_machine(patched, world)
            code, out, _ = asked(world, "status", "--format", "json")
            assert code == 0
            shown = json.loads(out)
            assert shown["modal"] == {
                "state": "asked",
                "reason": "",
                "environments": ["main"],
                "environments_unlisted": "",
            }
            (one,) = shown["on_modal"]
            assert (one["name"], one["app"], one["state"]) == ("tiny", "tiny-app", "asleep")
            assert (one["containers"], one["model"]) == (0, "glm-tiny")
            assert one["observed"]["at"] > 0
            assert one["recorded"] == {
                "at": 0.0,
                "verified": False,
                "verified_at": 0.0,
                "unknown": "",
            }
            for verb in ("status", "history", "drift", "logs"):
                assert asked(world, verb, name)[0] == 0, verb
            code, out, err = asked(world, "destroy", name, "--yes")
            assert (code, out.splitlines()[0]) == (0, "the app tiny-app is stopped"), err
            assert not live(world)


def test_an_app_of_the_name_that_is_not_ours_is_not_ended(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    world.plane.app("tiny-app").tags = {"team": "search"}
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, _, err = asked(world, "destroy", "tiny-app", "--yes")
        assert code == 1
        assert "the app `tiny-app` on Modal is not deployer's: it carries none of its tags" in err
        assert "`modal app stop tiny-app -e main` ends it" in err
        code, _, err = asked(world, "destroy", "tiny", "--yes")
        assert (code, "there is no deployment named `tiny`" in err) == (2, True)
    for name in (path, "tiny"):
        code, _, err = asked(world, "destroy", name, "--yes")
        assert (code, "is not deployer's" in err) == (1, True)
    assert live(world)
    assert not world.plane.requests("AppStop")


def test_every_environment_is_asked(containers: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = containers
    world.plane.state.environments.add("staging")
    for key in list(world.plane.state.secrets):
        world.plane.state.secrets[(key[0], "staging")] = world.plane.state.secrets[key]
    deployed(world, world.profile(app="  app: tiny-app\n  environment: staging"))
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, out, _ = asked(world, "status", "--format", "json")
        (one,) = json.loads(out)["on_modal"]
        assert (code, one["environment"]) == (0, "staging")
        code, _, err = asked(world, "destroy", "tiny", "--yes")
        assert code == 0, err
    assert not live(world)


def test_a_name_that_is_two_deployments_is_asked_about(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    other = replace(world.plane.app("tiny-app"), id="ap-other", name="other-app")
    world.plane.state.apps[other.id] = other
    Records().forget("tiny-app", "")
    code, _, err = asked(world, "destroy", "tiny", "--yes")
    assert code == 2
    assert "`tiny` is deployed more than once: tiny-app in main, other-app in main" in err
    assert live(world)


def test_destroying_twice_says_what_was_seen(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    assert asked(world, "destroy", path, "--yes")[0] == 0
    code, out, _ = asked(world, "destroy", path, "--yes")
    assert (code, out.splitlines()[0]) == (
        0, "the app tiny-app was not deployed: Modal was asked, and says that it is stopped"
    )  # fmt: skip
    code, out, _ = asked(world, "destroy", path, "--yes", "--format", "json")
    value = json.loads(out)
    assert (value["existed"], value["found"], value["phases_ended"]) == (False, "stopped", [])
    world.plane.state.apps.clear()
    code, out, err = asked(world, "destroy", path, "--yes")
    assert (code, out) == (2, "")
    assert "Modal was asked, and has no such app" in err


def test_three_states_of_one_profile(containers: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = containers
    path = world.profile()

    def one(*more: str) -> tuple[int, dict[str, Any], str]:
        code, out, _ = asked(world, "status", path, "--format", "json", *more)
        (found,) = json.loads(out)["on_modal"]
        return code, found, asked(world, "status", path, *more)[1]

    code, found, said = one()
    assert (code, found["state"], found["containers"]) == (2, "not-there", 0)
    assert "Modal was asked, and has no such app in" in said
    with monkeypatch.context() as patched:
        no_token(patched)
        code, found, said = one()
    assert (code, found["state"], found["containers"]) == (1, "not-asked", None)
    assert found["observed"] is None
    assert "Modal was not asked: there is no Modal token on this machine" in said
    assert "none on record" in said
    assert "containers now" not in said
    with monkeypatch.context() as patched:
        out_of_reach(patched)
        code, found, said = one()
    assert (code, found["state"], found["containers"]) == (1, "not-reached", None)
    assert "Modal gave no answer" in said

    deployed(world, path)
    assert one()[:1] == (0,)
    record = Records().record("tiny-app", "")
    assert record
    Records().keep(replace(record, when=time.time() - 7300, verified=True,
                           verified_at=time.time() - 3700))  # fmt: skip
    for version in world.plane.app("tiny-app").versions:
        version.deployed_at -= 7300
    code, found, said = one("--offline")
    assert (code, found["state"], found["containers"]) == (1, "not-asked", None)
    assert "Modal was not asked: --offline was given" in said
    assert "(2 h ago, on record)" in said
    assert "each promise that was seen held 1 h ago, on record" in said
    code, found, said = one()
    assert (code, found["state"], found["recorded"]["verified"]) == (0, "asleep", True)
    assert "each promise that was seen held 1 h ago, on record" in said
    assert "just now: Modal says that it is deployed, with 0 containers" in said


def test_everything_says_whom_it_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = asked(world, "status")
    assert code == 0
    assert out == (
        "Nothing of deployer's is deployed, on this machine or on Modal. "
        "Modal was asked in the environment main.\n"
    )
    with monkeypatch.context() as patched:
        no_token(patched)
        code, out, _ = asked(world, "status")
        assert code == 1
        assert out == (
            "Nothing is on record on this machine. "
            "Modal was not asked: there is no Modal token on this machine.\n"
        )
        code, out, _ = asked(world, "status", "--format", "json")
        assert (code, json.loads(out)["modal"]["state"]) == (1, "not-asked")
    with monkeypatch.context() as patched:
        out_of_reach(patched)
        code, out, _ = asked(world, "status")
        assert (code, "Modal gave no answer" in out) == (1, True)
    code, out, _ = asked(world, "status", "--offline")
    assert (code, "Modal was not asked: --offline was given" in out) == (1, True)


def test_what_is_on_record_and_gone_is_told(containers: World) -> None:
    world = containers
    deployed(world, world.profile())
    world.plane.state.apps.clear()
    code, out, _ = asked(world, "status", "--format", "json")
    (one,) = json.loads(out)["on_modal"]
    assert (code, one["state"]) == (1, "not-there")


def test_a_phase_that_still_runs_is_told_with_how_it_ends(containers: World) -> None:
    """A compilation that was interrupted on another machine costs what the server costs."""
    world = containers
    deployed(world, world.profile())
    orphan = replace(
        world.plane.app("tiny-app"), id="ap-orphan", state=api_pb2.APP_STATE_DETACHED, versions=[]
    )
    world.plane.state.apps[orphan.id] = orphan
    code, out, _ = asked(world, "status")
    assert code == 0
    assert "a phase of an apply; `modal app stop ap-orphan` ends it" in out


def test_an_app_without_a_version_or_a_state_is_given_neither(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    app = world.plane.app("tiny-app")
    app.state, app.versions = api_pb2.APP_STATE_DETACHED, []
    code, out, _ = asked(world, "plan", path)
    assert code == 0
    assert "  running     an app without a version, by " in out
    assert "  deploy   runs  an app without a version is running\n" in out
    assert "version 0" not in out

    app.state = api_pb2.APP_STATE_UNSPECIFIED
    for verb in ("plan", "history", "logs", "destroy"):
        code, out, err = asked(world, verb, path, *(["--yes"] if verb == "destroy" else []))
        assert (code, out) == (1, "")
        assert "error: Modal knows the app `tiny-app`, and did not say how it stands\n" in err


def test_a_log_that_has_ended_is_not_an_empty_log(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    asked(world, "destroy", path, "--yes")
    code, out, err = asked(world, "logs", path)
    assert (code, out) == (1, "")
    assert "the app `tiny-app` is stopped, so its log is not to be had here" in err


def test_no_key_goes_where_others_can_read_it(containers: World) -> None:
    """An address without TLS is taken from a control plane on this machine only."""
    world = containers
    path = world.profile()
    deployed(world, path)
    function = world.plane.app("tiny-app").functions["Server.*"]
    definition = world.plane.state.definition(function)
    for method in definition.method_definitions.values():
        method.web_url = "http://tiny.modal.example"
    code, _, err = asked(world, "verify", path)
    assert code == 1
    assert "Modal gives http://tiny.modal.example as the server's address" in err
    assert "it is no https" in err


def test_environments_that_were_not_listed_are_said(containers: World) -> None:
    world = containers
    deployed(world, world.profile())
    world.plane.refuse(
        "EnvironmentList", Status.PERMISSION_DENIED, "this token may not list environments"
    )
    code, out, _ = asked(world, "status")
    assert code == 0
    assert "Modal was asked in" in out
    assert "whether there are others is not known: " in out
    assert "this token may not list environments" in out
    code, _, err = asked(world, "destroy", "another", "--yes")
    assert (code, "whether there are others is not known: " in err) == (2, True)


def test_a_damaged_record_hides_no_other_deployment(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    deployed(world, world.profile())
    (whole,) = Path(os.environ["XDG_STATE_HOME"], "deployer/modal/apps").glob("*/tiny-app.json")
    (damaged := whole.with_name("other-app.json")).write_text('{"format_version": 99}', "utf-8")
    unread = f"what is on record of a deployment cannot be read: {damaged}: format 99 is not"
    for more in ((), ("--offline",)):
        code, out, err = asked(world, "status", *more)
        assert (code, out.startswith("tiny\n"), unread in err) == (1, True, True)
    code, out, _ = asked(world, "status", "--format", "json")
    shown = json.loads(out)
    assert (code, [one["name"] for one in shown["on_modal"]]) == (1, ["tiny"])
    assert [one.startswith(unread) for one in shown["damaged"]] == [True]
    assert asked(world, "history", "tiny")[0] == 0
    code, _, err = asked(world, "history", "other")
    assert (code, unread in err) == (1, True)
    whole.unlink()
    with monkeypatch.context() as patched:
        no_token(patched)
        code, out, _ = asked(world, "status")
    assert (code, "Nothing is on record" in out, "Modal was not asked" in out) == (1, False, True)


def test_nothing_in_the_environments_that_are_known_is_not_nothing(world: World) -> None:
    world.plane.refuse("EnvironmentList", Status.PERMISSION_DENIED, "not for this token")
    _, out, _ = asked(world, "status")
    assert out.startswith("Nothing of deployer's was found. Modal was asked in ")
    assert "whether there are others is not known: " in out


def test_a_verification_that_could_not_be_asked_is_not_none(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    with monkeypatch.context() as patched:
        another_machine(patched, world)

        def unanswered(*_: object) -> Recorded:
            message = "no tags today"
            raise Failure(message)

        patched.setattr(proof, "recorded", unanswered)
        code, out, err = asked(world, "status", path)
    assert code == 0, err
    assert re.search(r"verified +not known: no tags today", out)
