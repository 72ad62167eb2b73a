"""A record is not an observation: what can be asked is asked, and the rest says how old it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from grpclib import Status
from modal_proto import api_pb2

from deployer.apply.modal.apply import Pipeline
from deployer.apply.modal.client import Account
from deployer.apply.modal.parts import DEFAULT_PARTS
from deployer.apply.modal.proof import recorded, remember_found
from deployer.apply.modal.records import Record, Records
from deployer.apply.modal.standing import deployed_now
from deployer.apply.modal.tags import OWED, VERIFIED, is_owed, proven, short_digest, verified_at
from deployer.apply.modal.wait import Answer
from deployer.diagnose.boot import Boot
from deployer.errors import Failure
from tests.apply.modal.conftest import UNKEPT, World
from tests.apply.modal.many import deploy
from tests.apply.modal.test_life import deployed, wait_for
from tests.apply.modal.test_scale import compiled
from tests.apply.modal.test_unknown import another_machine, asked

pytestmark = pytest.mark.process


@pytest.fixture
def containers(containers: World) -> World:
    """Give them with the weights there already: what is tested here comes after the download."""
    containers.stock()
    return containers


def unchanged(world: World, *words: str) -> tuple[int, dict[str, Any]]:
    code, out, err = asked(world, "apply", *words, "--format", "json")
    shown = dict(json.loads(out))
    assert shown["outcome"] == "unchanged", err
    return code, shown


def test_a_no_op_asks_a_container_that_runs_and_wakes_none(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    before = len(world.plane.worker.tasks)
    code, shown = unchanged(world, path, "--no-verify")
    assert (code, shown["answers"]) == (0, None)
    assert len(world.plane.worker.tasks) == before

    app = world.plane.app("tiny-app")
    task = world.plane.run(world.plane.worker.start(app.functions["Server.*"]))
    wait_for(world, task.id, "serving started")
    before = len(world.plane.worker.tasks)
    code, shown = unchanged(world, path, "--no-verify")
    assert (code, shown["answers"]) == (0, True)
    assert len(world.plane.worker.tasks) == before
    world.plane.run(world.plane.worker.terminate(task))


def test_a_no_op_is_no_success_where_the_server_does_not_answer(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    app = world.plane.app("tiny-app")
    task = world.plane.run(world.plane.worker.start(app.functions["Server.*"]))
    wait_for(world, task.id, "serving started")
    monkeypatch.setattr("deployer.apply.modal.proof.ask", lambda *_: Answer(503, ""))
    code, out, err = asked(world, "apply", path, "--no-verify")
    assert code == 1
    assert "just now: it answered /health with 503" in out
    assert "The server does not answer" in err
    world.plane.run(world.plane.worker.terminate(task))


def test_what_failed_here_is_no_success_elsewhere(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    monkeypatch.setattr("deployer.verify.run.verify", lambda *_, **__: UNKEPT)
    path = world.profile()
    code, _, err = asked(world, "apply", path, "--yes")
    assert (code, bool(re.search("✗ verify", err))) == (1, True)
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, _, err = asked(world, "apply", path, "--yes")
        assert (code, bool(re.search("✗ verify", err))) == (1, True)
        code, shown = unchanged(world, path, "--no-verify")
        assert (code, shown["recorded"]["verified"]) == (0, False)


def test_what_was_verified_here_is_known_elsewhere_with_its_time(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    monkeypatch.setattr("deployer.verify.run.verify", lambda *_, **__: ())
    monkeypatch.setattr("deployer.verify.verdict.all_hold", lambda _: True)
    assert asked(world, "verify", path)[0] == 0
    record = Records().record("tiny-app", "")
    assert record
    assert (record.verified, record.verified_at > 0) == (True, True)
    tags = world.plane.app("tiny-app").tags
    assert verified_at(tags, record.digest, 1) == pytest.approx(record.verified_at, abs=1)
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        assert unchanged(world, path)[0] == 0
        code, out, _ = asked(world, "status", "--format", "json")
        (one,) = json.loads(out)["on_modal"]
        assert (code, one["recorded"]["verified"]) == (0, True)

    world.profile(max_prefill_tokens="  max_prefill_tokens: 16384")
    assert deployed(world, path)["version"] == 2
    assert VERIFIED not in world.plane.app("tiny-app").tags
    assert unchanged(world, path)[0] == 1


def test_a_tag_says_nothing_of_another_release() -> None:
    tags = proven({OWED: "a" * 40, "other": "kept"}, "a" * 40, 3, 1764380000.4)
    assert (verified_at(tags, "a" * 40, 3), tags["other"]) == (1764380000.0, "kept")
    assert (is_owed(tags, "a" * 40, 3), is_owed(tags, "a" * 40, 4)) == (False, True)
    for broken in ("", "a" * 40, "a" * 40 + ".", "a" * 40 + ".x", "a" * 40 + ".1e9"):
        assert verified_at({VERIFIED: broken}, "a" * 40, 3) == 0.0
    assert verified_at(tags, "b" * 40, 3) == 0.0
    assert verified_at({VERIFIED: "a" * 40 + ".1764380000"}, "a" * 40, 3) == 1764380000.0
    failed = proven(tags, "a" * 40, 3, 0.0)
    assert (is_owed(failed, "a" * 40, 3), verified_at(failed, "a" * 40, 3)) == (True, 0.0)


def test_a_record_without_a_time_does_not_invent_one(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    record = Records().record("tiny-app", "")
    assert record
    Records().keep(replace(record, verified=True))
    said = asked(world, "status", path, "--offline")[1]
    assert "on record, at a time that was not kept" in said


def test_what_was_verified_of_another_version_of_the_same_release_is_not_of_this_one(
    world: World,
) -> None:
    """Somebody deployed another release and went back, from another machine, without asking."""
    release = replace(compiled(world), name="tiny-app")
    app = deploy(world.plane, release, "tiny-app")
    digest, when = short_digest(release), time.time()
    record = Record("tiny-app", "tiny-app", "", "web_server", digest, 1, when, "")
    Records().keep(replace(record, verified=True, verified_at=when))

    def verified() -> list[bool]:
        listed = json.loads(asked(world, "status", "--format", "json")[1])["on_modal"]
        named = json.loads(asked(world, "status", "tiny-app", "--format", "json")[1])["on_modal"]
        deployed = deployed_now(Account(), "tiny-app", Records())
        assert deployed
        known = recorded(Account(), Records(), deployed)
        return [listed[0]["recorded"]["verified"], named[0]["recorded"]["verified"], known.verified]

    assert verified() == [True] * 3
    for number in (2, 3):
        world.plane._add_version(app, "f" * 40 if number == 2 else digest, api_pb2.CommitInfo())
    app.tags["deployer.number"] = "3"
    assert verified() == [False] * 3
    assert remember_found(Account(), release, "tiny-app", verified=True) == ""
    assert verified() == [True] * 3


def test_a_hub_that_does_not_say_what_there_is_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        message = "the hub answered 503"
        raise Failure(message)

    monkeypatch.setattr("deployer.apply.modal.apply.list_files", refuse)
    told: list[str] = []
    parts = replace(DEFAULT_PARTS, tell=told.append)
    pipeline = Pipeline(Account(), Records(), compiled(world), lambda _: None, parts)
    assert pipeline._listed() is None
    (said,) = told
    assert "was not found out here (the hub answered 503): one container asks for itself" in said


def test_containers_are_counted_where_the_app_is_in_no_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on record of an environment that may not be listed is asked for by its name."""
    release = replace(compiled(world), name="tiny-app")
    world.plane.state.environments.add("prod")
    app = deploy(world.plane, release, "tiny-app", "prod")
    digest = short_digest(release)
    Records().keep(Record("tiny-app", "tiny-app", "prod", "web_server", digest, 1, 1e9, ""))
    world.plane.refuse("EnvironmentList", Status.PERMISSION_DENIED)

    async def two(request: api_pb2.TaskListRequest) -> api_pb2.TaskListResponse:
        return api_pb2.TaskListResponse(
            tasks=[api_pb2.TaskStats()] * 2 * (request.app_id == app.id)
        )

    monkeypatch.setattr(world.plane, "task_list", two)
    code, out, _ = asked(world, "status", "--format", "json")
    (one,) = json.loads(out)["on_modal"]
    assert (code, one["state"], one["containers"]) == (0, "serving", 2)


def test_what_is_gone_from_modal_is_shown_as_on_record(world: World) -> None:
    digest, when = "a" * 40, time.time() - 7200
    address = "https://of-another-time.example"
    Records().keep(Record("tiny", "tiny-app", "", "web_server", digest, 4, when, address))
    code, out, _ = asked(world, "status", "tiny")
    assert code == 2
    assert re.search(r"version +4, deployed .* \(2 h ago, on record\)", out)


def test_an_address_that_modal_was_not_asked_for_is_said_to_be_on_record(world: World) -> None:
    release = replace(compiled(world), name="tiny-app")
    deploy(world.plane, release, "tiny-app")
    digest, address = short_digest(release), "https://of-another-time.example"
    Records().keep(Record("tiny-app", "tiny-app", "", "web_server", digest, 1, 1e9, address))
    for volume in world.plane.state.volumes:
        shutil.rmtree(world.plane.state.volume(volume))
    for name in ((), ("tiny-app",)):
        code, out, _ = asked(world, "status", *name)
        assert (code, f"{address}/v1" in out) == (0, True)
        assert "its endpoint is the one on record, which Modal was not asked for" in out


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("-/other-app", "it says that it is of the app `tiny-app` in the default environment"),
        ("prod/tiny-app", "it says that it is of the app `tiny-app` in the default environment"),
        ("-/tiny-app", "its moments are none"),
    ],
)
def test_a_record_that_says_that_it_is_of_another_app_ends_none(
    world: World, place: str, said: str
) -> None:
    when = 1e300 if place == "-/tiny-app" else 1e9
    records = Records()
    records.keep(Record("tiny", "tiny-app", "", "web_server", "a" * 40, 1, when, ""))
    (whole,) = Path(os.environ["XDG_STATE_HOME"], "deployer/modal/apps").glob("*/tiny-app.json")
    other = whole.parents[1] / f"{place}.json"
    other.parent.mkdir(exist_ok=True)
    whole.rename(other)
    with pytest.raises(Failure, match=said):
        records.record(other.stem, other.parent.name.strip("-"))
    (damaged,) = records.damaged()
    assert said in damaged.message
    for verb in (("status", "tiny", "--offline"), ("destroy", "tiny", "--yes")):
        code, _, err = asked(world, *verb)
        assert (code, said in err) == (1, True)


def test_a_version_that_came_right_after_a_rollback_is_not_called_its_own(
    containers: World,
) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    deployed(world, world.profile(max_prefill_tokens="  max_prefill_tokens: 16384"))

    def comes(name: str) -> None:
        if name == "FunctionGet":
            world.plane.watch = None
            app = world.plane.app("tiny-app")
            world.plane._add_version(app, "f" * 40, api_pb2.CommitInfo())

    world.plane.watch = comes
    code, out, err = asked(world, "rollback", "tiny", "--yes", "--no-verify")
    assert (code, out) == (1, "")
    assert "version 4 was deployed by somebody@example.com, right after version 3" in err


def test_the_containers_of_what_is_stopping_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They serve until they are drained, and cost until then."""
    app = deploy(world.plane, replace(compiled(world), name="tiny-app"), "tiny-app")
    app.state = api_pb2.APP_STATE_STOPPING

    async def one(request: api_pb2.TaskListRequest) -> api_pb2.TaskListResponse:
        return api_pb2.TaskListResponse(tasks=[api_pb2.TaskStats()] * (request.app_id == app.id))

    monkeypatch.setattr(world.plane, "task_list", one)
    monkeypatch.setattr(type(world.plane.worker), "running", lambda *_: [0])
    for name in ((), ("tiny-app",)):
        _, out, _ = asked(world, "status", *name, "--format", "json")
        (shown,) = json.loads(out)["on_modal"]
        assert (shown["state"], shown["containers"]) == ("stopping", 1), name


def test_the_same_release_is_no_drift_though_its_content_is_nowhere(containers: World) -> None:
    world = containers
    path = world.profile(revision=f"  revision: {world.hub.commit}")
    deployed(world, path)
    shutil.rmtree(Path(os.environ["XDG_STATE_HOME"], "deployer/modal"))
    shutil.rmtree(world.plane.volume("deployer-releases"))
    code, out, err = asked(world, "drift", path)
    assert (code, out.startswith("No drift: version 1 of tiny-app")) == (0, True), out + err


def test_a_timeline_says_that_modal_was_not_asked_for_its_log(world: World) -> None:
    Records().keep(Record("tiny", "tiny-app", "", "web_server", "a" * 40, 1, 1e9, ""))
    code, out, err = asked(world, "timeline", "tiny", "--offline", "--format", "json")
    assert (code, json.loads(out)["error"]["state"]) == (1, "not-asked")
    said = "no start of `tiny` is on record here, and Modal was not asked: --offline was given"
    assert said in err
    Records().keep_boots("tiny-app", "", [Boot("a" * 12, "sglang 0.5.23", 1e9, 60.0, ())])
    code, _, err = asked(world, "timeline", "tiny", "--offline")
    only = "Only what is on record is shown: Modal was not asked: --offline was given."
    assert (code, only in err) == (0, True)


def test_what_is_on_record_of_an_app_that_modal_does_not_have_is_said(containers: World) -> None:
    """As where the token is another workspace's: what costs is elsewhere."""
    world = containers
    path = world.profile()
    deployed(world, path)
    world.plane.state.apps.clear()
    said = "version 1 of the app tiny-app is on record here, deployed on "
    why = "or this token is that of another workspace"
    code, out, _ = asked(world, "plan", path)
    assert (code, said in " ".join(out.split()), why in " ".join(out.split())) == (0, True, True)
    code, out, err = asked(world, "destroy", path, "--yes", "--format", "json")
    assert (code, json.loads(out)["error"]["state"]) == (2, "not-there")
    assert said.capitalize() in err
    assert why in err
    code, out, err = asked(world, "destroy", path, "--yes")
    assert (code, why in err) == (2, False), "it is forgotten"
    world.plane.state.volumes.clear()
    code, out, err = asked(world, "destroy", path, "--yes", "--volume", "weights")
    assert (code, out) == (2, "")
    assert "in the default environment, nor a volume weights" in err
    assert why not in " ".join(asked(world, "plan", path)[1].split())


def test_a_server_without_an_address_is_not_said_to_serve_at_one(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    deployed(world, world.profile(max_prefill_tokens="  max_prefill_tokens: 16384"))
    real = world.plane.function_get

    async def unnamed(request: api_pb2.FunctionGetRequest) -> api_pb2.FunctionGetResponse:
        found = api_pb2.FunctionGetResponse()
        found.CopyFrom(await real(request))
        found.function.ClearField("method_definitions")
        found.function.ClearField("ranked_functions")
        found.handle_metadata.Clear()
        return found

    monkeypatch.setattr(world.plane, "function_get", unnamed)
    for verb in (("verify", path), ("top", path, "--once"), ("rollback", path, "--yes"),
                 ("rollback", path, "--to", "2", "--yes", "--no-verify")):  # fmt: skip
        code, out, err = asked(world, *verb)
        assert (code, out) == (1, ""), verb
        assert "Modal knows the server and names no address of it" in err
    code, out, err = asked(world, "drift", path)
    assert (code, out) == (1, "")
    assert "Modal does not tell what the function of the server is made of" in err


def test_what_is_deployed_without_a_version_is_not_called_not_deployed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(world.plane, replace(compiled(world), name="tiny-app"), "tiny-app")

    async def none(_: api_pb2.AppDeploymentHistoryRequest) -> api_pb2.AppDeploymentHistoryResponse:
        return api_pb2.AppDeploymentHistoryResponse()

    monkeypatch.setattr(world.plane, "app_deployment_history", none)
    for verb in (("history", "tiny-app"), ("rollback", "tiny-app", "--yes")):
        code, out, err = asked(world, *verb)
        assert (code, out) == (1, "")
        assert "says that the app `tiny-app` is deployed, and names no version of it" in err


def test_what_was_verified_before_it_was_deployed_is_of_another_app(containers: World) -> None:
    """One that was ended and deployed again elsewhere counts anew; another workspace's, too."""
    world = containers
    path = world.profile()
    deployed(world, path)
    record = Records().record("tiny-app", "")
    assert record
    for age, known in ((60.0, True), (86400.0, False)):
        Records().keep(replace(record, verified=True, verified_at=time.time() - age))
        for name in ((), ("tiny",)):
            code, out, _ = asked(world, "status", *name, "--format", "json")
            assert (code, json.loads(out)["on_modal"][0]["recorded"]["verified"]) == (0, known)
        code, shown = unchanged(world, path)
        assert (code, shown["recorded"]["verified"]) == (0 if known else 1, known)
