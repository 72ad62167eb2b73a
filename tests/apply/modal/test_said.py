"""What could not be looked at, or could not be noted, is said: no verb passes over it."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from grpclib import Status
from modal_proto import api_pb2

from deployer.apply.files import state_home
from deployer.apply.modal import rpc, stream
from deployer.apply.modal.client import Account
from deployer.apply.modal.drift import told_release
from deployer.apply.modal.records import Records
from deployer.apply.modal.stream import LAST, WAIT, Line, follow
from deployer.errors import NotReached
from tests.apply.modal.conftest import PATIENCE, UNKEPT, World
from tests.apply.modal.many import deploy_often
from tests.apply.modal.test_life import deployed, wait_for
from tests.apply.modal.test_scale import compiled
from tests.apply.modal.test_unknown import another_machine, asked, live
from tests.fakes.modal.faults import Fault
from tests.fakes.modal.state import App

pytestmark = pytest.mark.process


@pytest.fixture
def containers(containers: World) -> World:
    """Give them with the weights there already: what is tested here comes after the download."""
    containers.stock()
    return containers


def orphan(world: World, app_id: str, **more: Any) -> None:
    """Leave what a phase that was killed leaves: an app of the same name that is not deployed."""
    whole = {"state": api_pb2.APP_STATE_EPHEMERAL, "versions": [], **more}
    world.plane.state.apps[app_id] = replace(world.plane.app("tiny-app"), id=app_id, **whole)


def ended(world: World, app_id: str) -> bool:
    return bool(world.plane.state.apps[app_id].state == api_pb2.APP_STATE_STOPPED)


def test_a_plan_from_the_record_says_how_old_that_is(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    record = Records().record("tiny-app", "")
    assert record
    Records().keep(replace(record, when=time.time() - 3 * 86_400 - 60))
    code, out, err = asked(world, "plan", path, "--offline")
    assert code == 0
    assert "Modal was not asked: --offline was given" in err
    assert "what is on record here was written down 3 d ago." in err
    assert "compared with what was recorded on" in out


def test_drift_tells_what_is_not_there_from_a_difference(containers: World) -> None:
    world = containers
    path = world.profile()
    code, out, _ = asked(world, "drift", path, "--format", "json")
    value = json.loads(out)
    assert (code, value["error"]["state"], "drifted" in value) == (2, "not-there", False)
    deployed(world, path)
    assert asked(world, "destroy", path, "--yes")[0] == 0
    code, out, _ = asked(world, "drift", path, "--format", "json")
    (one,) = json.loads(out)["differences"]
    assert (code, one["what"], one["found"]) == (2, "deployment", "stopped")


def test_a_server_that_does_not_tell_is_no_absence_of_drift(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    app = world.plane.app("tiny-app")
    task = world.plane.run(world.plane.worker.start(app.functions["Server.*"]))
    wait_for(world, task.id, "serving started")
    monkeypatch.setattr("deployer.apply.modal.drift.TOLD_BY", "X-No-Such")
    code, out, _ = asked(world, "drift", path)
    assert code == 1
    assert "No drift" not in out
    assert "not found out: the server did not tell its release: /health was answered" in out
    code, out, _ = asked(world, "drift", path, "--format", "json")
    value = json.loads(out)
    assert (code, value["drifted"], len(value["unknown"])) == (1, False, 1)
    world.plane.run(world.plane.worker.terminate(task))


def test_a_server_that_is_out_of_reach_is_named() -> None:
    with pytest.raises(NotReached, match="no answer"):
        told_release("https://127.0.0.1:9", {})


def test_history_says_when_it_was_seen(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    before = time.time()
    code, out, _ = asked(world, "history", path, "--format", "json")
    observed = json.loads(out)["observed"]
    assert (code, observed["what"]) == (0, "Modal's history of the app tiny-app")
    assert before <= observed["at"] <= time.time()


def test_a_verification_that_cannot_be_noted_says_so(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds all the same, so the exit code is that of the promises."""
    world = containers
    path = world.profile()
    deployed(world, path)
    monkeypatch.setattr("deployer.verify.run.verify", lambda *_, **__: ())
    monkeypatch.setattr("deployer.verify.verdict.all_hold", lambda _: True)
    world.plane.refuse("AppSetTags", Status.PERMISSION_DENIED, "no tags for you")
    words = "what was found could not be noted on Modal, so other machines do not learn of it"
    code, _, err = asked(world, "verify", path)
    assert (code, words in err, "no tags for you" in err) == (0, True, True)
    code, out, _ = asked(world, "verify", path, "--format", "json")
    assert (code, json.loads(out)["unnoted"].startswith(words)) == (0, True)

    def without_history(*_: object, **__: object) -> tuple[()]:
        world.plane.refuse("AppDeploymentHistory", Status.PERMISSION_DENIED, "no history")
        return ()

    monkeypatch.setattr("deployer.verify.run.verify", without_history)
    code, out, err = asked(world, "verify", path, "--format", "json")
    assert json.loads(out)["unnoted"].startswith("what was found could not be noted: ")
    assert (code, "no history" in err) == (0, True)


def test_nothing_is_verified_whose_release_is_not_known(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A branch may be any commit: the history tells which one serves, and what to hold it to."""
    world = containers
    path = world.profile()
    deployed(world, path)
    asked_of: list[object] = []
    monkeypatch.setattr("deployer.verify.run.verify", lambda *its, **_: asked_of.append(its))
    world.plane.refuse("AppDeploymentHistory", Status.PERMISSION_DENIED, "no history")
    code, out, err = asked(world, "verify", path, "--format", "json")
    value = json.loads(out)
    assert (code, value["error"]["message"], asked_of) == (1, "Modal: no history", [])
    assert "no history" in err


def test_an_apply_that_cannot_note_its_verification_says_so(
    containers: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = containers
    monkeypatch.setattr("deployer.verify.run.verify", lambda *_, **__: UNKEPT)
    world.plane.refuse("AppSetTags", Status.PERMISSION_DENIED, "no tags for you")
    code, out, err = asked(world, "apply", world.profile(), "--yes", "--format", "json")
    assert (code, "no tags for you" in json.loads(out)["unnoted"]) == (1, True)
    assert "`deployer verify tiny` tries again." in err


@pytest.mark.parametrize("damage", ["{", '{"date": 1}', "\xff"])
@pytest.mark.parametrize("verb", ["cost", "plan"])
def test_a_damaged_table_of_prices_is_named(world: World, verb: str, damage: str) -> None:
    path, more = world.profile(), ["--offline"] if verb == "plan" else []
    assert "cannot be read" not in asked(world, verb, path, *more)[2]
    file = state_home(os.environ) / "modal" / "prices.json"
    file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    file.write_text(damage, encoding="latin-1")
    code, out, err = asked(world, verb, path, *more)
    assert (code, "June 2026" in out) == (0, True)
    assert f"The prices in {file} cannot be read (" in err
    assert "those that are shipped are taken, of June 2026: `--refresh-prices`" in err


def test_a_log_without_a_line_is_said_to_be_empty(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    world.plane.app("tiny-app").logs.clear()
    code, out, err = asked(world, "logs", path)
    assert (code, out) == (0, "")
    assert "The log of tiny is empty: it was read, and has no line." in err
    assert "empty" not in asked(world, "logs", path, "--lines", "0")[2]


def test_destroy_ends_the_phase_of_an_apply_that_was_killed(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    orphan(world, "ap-orphan")
    orphan(world, "ap-stranger", tags={"team": "search"})
    orphan(world, "ap-other", name="other-app")
    code, out, err = asked(world, "destroy", path, "--yes")
    assert code == 0, err
    assert out.splitlines()[:2] == [
        "the app tiny-app is stopped",
        "a phase of an apply that still ran, ap-orphan, is stopped",
    ]
    assert ended(world, "ap-orphan")
    assert not ended(world, "ap-stranger")
    assert not ended(world, "ap-other")
    assert not live(world)


@pytest.mark.parametrize("name", ["tiny", "tiny-app"])
def test_destroy_ends_a_phase_of_what_was_never_deployed(
    containers: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    world = containers
    deployed(world, world.profile())
    before = world.plane.app("tiny-app").id
    orphan(world, "ap-orphan")
    del world.plane.state.apps[before]
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, _, err = asked(world, "logs", name)
        assert (code, f"`deployer destroy {name}` ends it" in err) == (2, True)
        code, out, err = asked(world, "destroy", name, "--yes")
        assert code == 0, err
        assert "a phase of an apply that still ran, ap-orphan, is stopped" in out
        assert ended(world, "ap-orphan")


def test_a_function_that_was_only_announced_is_not_called(world: World) -> None:
    """So it stands where an apply is killed between announcing a function and defining it."""
    state = api_pb2.APP_STATE_EPHEMERAL
    app = App("ap-orphan", "tiny-app", "main", state, time.time())
    app.functions["download_model"] = "fu-announced"
    world.plane.state.apps[app.id] = app
    assert not Account().is_called(app.id)
    asked_of = [
        api_pb2.FunctionGetCurrentStatsRequest(function_id=each)
        for each in ("fu-announced", "fu-no")
    ]
    assert rpc.answers("FunctionGetCurrentStats", asked_of) == [api_pb2.FunctionStats(), None]


def test_phases_that_cannot_be_listed_are_not_none(containers: World) -> None:
    world = containers
    path = world.profile()
    deployed(world, path)
    world.plane.refuse("AppList", Status.PERMISSION_DENIED, "no list")
    code, out, err = asked(world, "destroy", path, "--yes")
    assert (code, out) == (1, "")
    assert "whether a phase of an apply still runs for the app `tiny-app` is not known" in err
    assert not live(world)


ASKS: dict[str, Callable[[Account], object]] = {
    "SecretGetOrCreate": lambda account: account.secret_problem("tiny-api-key", "API_KEY"),
    "VolumeGetOrCreate": lambda account: account.read("weights", "marker"),
    "VolumeGetFile2": lambda account: account.read("weights", "marker"),
    "AppGetLogs": lambda account: list(account.logs("ap-none", lambda: False)),
}


@pytest.mark.parametrize("question", ASKS)
def test_a_silent_answer_about_volumes_secrets_and_logs_has_an_end(
    world: World, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    account = Account()
    account.write("weights", "marker", b"done")
    assert account.read("weights", "marker") == b"done"
    monkeypatch.setattr(rpc, "ANSWER", 0.3)
    monkeypatch.setattr(stream, "PAUSES", ())
    silent(world, monkeypatch, question)
    with pytest.raises(NotReached, match=r"no answer within 0\.3 s"):
        ASKS[question](account)


def silent(world: World, monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    """Let a question be taken, and never answered."""

    async def never(request: Any) -> Any:
        del request
        await world.plane.state.until(lambda: False)

    async def never_any(request: Any) -> Any:
        await never(request)
        yield None

    handler = "".join(f"_{c.lower()}" if c.isupper() else c for c in question).lstrip("_")
    stream = question == "AppGetLogs"
    monkeypatch.setattr(world.plane, handler, never_any if stream else never)


def test_nobody_waits_for_more_of_a_log_once_told_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[tuple[float, float]] = []

    def answers(_app: str, _last: str, wait: float, most: float, _until: object) -> list[Any]:
        waits.append((wait, most))
        return []

    monkeypatch.setattr("deployer.apply.modal.stream._read", answers)
    assert list(follow("ap-any", lambda: len(waits) == 3)) == [None] * 4
    assert waits == [(LAST, WAIT), (WAIT, WAIT), (WAIT, WAIT), (LAST, LAST)]


def test_a_question_that_is_open_ends_once_nobody_wants_its_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before is told by a first question, which nobody waits long for."""
    monkeypatch.setattr(stream, "WAIT", PATIENCE)
    app = deploy_often(world.plane, compiled(world), "tiny-app", 1)
    line = api_pb2.TaskLogs(data="before\n", timestamp=5.0)
    app.logs.append(api_pb2.TaskLogsBatch(task_id="ta-1", items=[line]))
    over = threading.Event()
    following = Account().logs(app.id, over.is_set)

    assert [next(following), next(following)] == [Line("ta-1", 5.0, "before"), None]
    threading.Timer(0.2, over.set).start()
    began = time.monotonic()
    assert list(following) == [None, None]
    assert time.monotonic() - began < PATIENCE / 2


def test_a_log_that_cannot_be_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client tries no stream again by itself; each container's lines are its own."""
    said = [
        api_pb2.TaskLogsBatch(task_id=task, items=[api_pb2.TaskLogs(data=data)], entry_id=entry)
        for task, data, entry in (("a", "one ", "1"), ("b", "other\n", "2"), ("a", "line\n", "3"))
    ]
    asked: list[str] = []

    def answers(_app: str, last: str, *_more: object) -> list[Any]:
        asked.append(last)
        if len(asked) in {1, 2, 4}:
            message = "the connection is lost"
            raise OSError(message)
        return said if len(asked) == 3 else [api_pb2.TaskLogsBatch(app_done=True)]

    monkeypatch.setattr("deployer.apply.modal.stream._read", answers)
    heard: list[str] = []
    found = list(follow("ap-any", lambda: False, heard.append, lambda _: None))
    assert found == [Line("b", 0.0, "other"), Line("a", 0.0, "one line"), None]
    assert asked == ["", "", "", "3", "3"]
    assert [bool(each) for each in heard] == [True, True, False, True, False]


def test_a_damaged_copy_of_a_release_is_written_again(containers: World) -> None:
    world = containers
    path = world.profile()
    digest = deployed(world, path)["digest"]
    release = Records().release(digest)
    assert release
    (file,) = Path(state_home(os.environ) / "modal" / "releases").glob("*.json")
    file.write_text("{", encoding="utf-8")
    assert Records().release(digest) is None
    assert asked(world, "drift", path)[0] == 0  # the volume has it
    Records().keep_release(release)
    assert Records().release(digest) == release


def test_what_is_not_known_of_a_version_is_said_and_nothing_is_guessed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three versions, of which nobody has the text any more."""
    app = deploy_often(world.plane, compiled(world), "tiny-app", 3)
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        shutil.rmtree(world.folder / "plane/volumes")
        code, out, err = asked(world, "history", "tiny-app")
        assert (code, out.count("what it changed is not known")) == (0, 3), err
        for words in (("status",), ("status", "tiny-app")):
            code, out, _ = asked(world, *words)
            assert (code, "what its release is made of is recorded nowhere" in out) == (0, True)
        code, _, err = asked(world, "rollback", "tiny-app", "--to", "2", "--yes")
        assert (code, "neither on this machine nor on the volume" in err) == (1, True)
        assert "did not deploy it" not in err
    for empty in ("", " "):
        code, _, err = asked(world, "rollback", "tiny-app", "--to", empty, "--yes")
        assert (code, "names no version: it was given, and is empty" in err) == (2, True)
    app.state = api_pb2.APP_STATE_STOPPED
    code, _, err = asked(world, "rollback", "tiny-app", "--yes")
    assert (code, "`tiny-app` is stopped, and Modal rolls back only" in err) == (1, True)
    assert len(app.versions) == 3
    app.versions.clear()
    code, out, err = asked(world, "history", "tiny-app")
    assert (code, out, "was ever deployed, as Modal has it" in err) == (2, "", True)
    app.tags = {}
    app.state = api_pb2.APP_STATE_DEPLOYED
    assert asked(world, "status")[1].startswith("Nothing of deployer's is deployed, on")


def test_a_rollback_and_a_destroy_say_what_they_did_before_they_failed(world: World) -> None:
    app = deploy_often(world.plane, compiled(world), "tiny-app", 2)
    code, _, err = asked(world, "rollback", "tiny-app", "--yes", "--no-verify")
    assert (code, len(app.versions)) == (1, 3)
    assert "the app tiny-app is rolled back, and what became of it is not known" in err
    assert "is deployed, and Modal knows no server in it" in err

    Account().write("weights", "a/file", b"x")
    world.plane.go_wrong("VolumeDelete", Fault("status", times=None))
    words = ("destroy", "tiny-app", "--yes", "--volume", "weights")
    code, _, err = asked(world, *words)
    assert (code, app.deployed) == (1, False)
    assert "the app tiny-app is not deployed any more, and whether the volume weights is" in err
    world.plane.mend()
    code, out, _ = asked(world, *words)
    assert (code, "the volume weights is deleted" in out) == (0, True)
    code, out, _ = asked(world, *words)
    assert (code, "there was no volume weights to delete: Modal was asked" in out) == (0, True)
    assert "weights was left alone" not in out
