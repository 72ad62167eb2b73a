"""A candidate on Modal: proven beside the live app, promoted only then, and ended whatever came."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from deployer.apply.modal import parts
from deployer.apply.modal.records import Records
from deployer.headers import TOLD_BY
from deployer.verify.verdict import Outcome, Verdict
from tests.apply.modal import killed_apply
from tests.apply.modal.conftest import World
from tests.apply.modal.test_ends import dies, fetching, interrupt_once, kept, lives
from tests.apply.modal.test_gates import promised
from tests.apply.modal.test_killed import killing
from tests.apply.modal.test_said import ended, orphan
from tests.apply.modal.test_unknown import another_machine
from tests.fakes.modal.state import App
from tests.forks import command
from tests.interrupted import at_any_moment

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("hears")]

__all__ = ["fetching", "kept", "killing"]  # fixtures

LIVE, BESIDE = "tiny-app", "tiny-app-candidate"


def public(world: World) -> tuple[Any, ...]:
    """Give all that Modal has of the live app: what clients could notice a change of."""
    app = world.plane.app(LIVE)
    there = sorted(task.id for task in world.plane.worker.tasks.values() if serves(task, app))
    versions = [(version.number, version.tag) for version in app.versions]
    return app.id, app.state, dict(app.tags), dict(app.functions), versions, there


def serves(task: Any, app: App) -> bool:
    return bool(task.app_id == app.id and task.alive and not task.stopping)


def release_of(app: App) -> str:
    return app.tags["deployer.release"]


@contextmanager
def a_client(url: str) -> Iterator[set[tuple[int, str]]]:
    """Ask the live server all the while; gives which answers there were, and of which release."""
    answers: set[tuple[int, str]] = set()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            time.sleep(0.1)  # so that it is not asked all too often
            answer = requests.get(f"{url}/health", timeout=60)
            answers.add((answer.status_code, answer.headers.get(TOLD_BY, "")))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()


@dataclass
class AtOnce:
    """An alarm whose time has come as soon as it begins."""

    call: Callable[[], None]

    def start(self) -> None:
        self.call()

    def cancel(self) -> None:
        """There is nothing left to cancel."""


@at_any_moment
def test_whatever_becomes_of_it_what_is_live_is_as_it_was(
    kept: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = kept
    _, out, err = world.run("apply", world.profile(), "--yes", "--format", "json")
    url = json.loads(out)["endpoint"].removesuffix("/v1")
    before = public(world)
    told = {(200, release_of(world.plane.app(LIVE))[:12])}

    def refused(*more: str) -> tuple[dict[str, Any], str]:
        with a_client(url) as answers:
            words = ("apply", path, "--candidate", "--yes", "--format", "json")
            code, out, err = world.run(*words, *more)
        assert code == 1, err
        assert answers == told
        assert public(world) == before
        assert world.plane.app(BESIDE).stopped_at
        assert [one.app for one in Records().all()] == [LIVE]
        shown = json.loads(out)
        assert (shown["outcome"], shown["version"], shown["app"]) == ("not-promoted", 1, LIVE)
        return shown, err

    path = promised(world, "cold_start: 0.001", "rollback: true")
    dies(world)
    shown, err = refused()
    assert (shown["verified"], shown["gates"]) == (None, [])
    assert "what is live was not touched: the server failed to start: the engine" in err
    ended_app = world.plane.app(BESIDE).id
    assert f"`modal app logs {ended_app}` shows what Modal has kept of its log" in err

    lives(world)
    shown, err = refused()
    (gate,) = shown["gates"]
    assert (shown["verified"], gate["objective"], gate["held"]) == (True, "cold_start", "missed")
    assert "it misses cold_start" in shown["why"]
    assert "gone back" not in err

    with monkeypatch.context() as patched:
        late = replace(parts.DEFAULT_PARTS, alarm=lambda _, call: AtOnce(call))
        patched.setattr(parts, "DEFAULT_PARTS", late)
        shown, err = refused("--candidate-minutes", "1")
    assert "the 1 min that it was given are over" in shown["why"]
    assert "at most 2 min: it is ended after 1 min at most" in " ".join(err.split())

    interrupt_once(world, "AppGetLogs")
    code, out, err = world.run("apply", path, "--candidate", "--yes")
    assert (code, out) == (130, ""), err
    assert f"Interrupted. Version 1 of the app {LIVE} is deployed" in err
    assert public(world) == before
    assert world.plane.app(BESIDE).stopped_at


def test_what_keeps_its_promises_goes_live_and_what_it_showed_is_shown_of_that(
    kept: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = kept
    held = (Verdict("health", Outcome.PASSED, 0.0, ("it answers",)),)
    monkeypatch.setattr("deployer.verify.run.verify", lambda *_, **__: held)
    path = promised(world, "cold_start: 3600")
    code, out, err = world.run(
        "apply", path, "--candidate", "--evidence", "--yes", "--format", "json"
    )
    assert code == 0, err
    shown = json.loads(out)
    assert [gate["held"] for gate in shown["gates"]] == ["kept"]
    assert [phase["phase"] for phase in shown["phases"]] == [
        "candidate", "deploy", "wait", "verify", "reckon",
    ]  # fmt: skip
    named = [one.name for one in world.plane.requests("AppPublish") if one.name]
    assert named == [BESIDE, LIVE]
    live, beside = world.plane.app(LIVE), world.plane.app(BESIDE)
    assert (live.deployed, bool(beside.stopped_at)) == (True, True)
    assert live.versions[0].tag == beside.versions[0].tag == shown["digest"]
    assert beside.tags["deployer.candidate"] == LIVE
    assert live.tags["deployer.verified"].startswith(f"{shown['digest']}.")
    assert set(live.functions) > set(beside.functions) == {"Server.*"}
    ours, its = (next(iter(app.definitions.values())) for app in (only(live), beside))
    assert [m.volume_id for m in ours.volume_mounts] == [m.volume_id for m in its.volume_mounts]
    assert ours.secret_ids == its.secret_ids
    assert its.autoscaler_settings.max_containers == 1
    assert its.autoscaler_settings.scaledown_window == 60
    evidence = json.loads(next(Path(path).parent.glob("**/*evidence*")).read_text("utf-8"))
    assert evidence["digest"].startswith(shown["digest"])
    assert [gate["held"] for gate in evidence["gates"]] == ["kept"]
    assert "; not compared: " in evidence["memory"]

    code, out, err = world.run("apply", path, "--candidate", "--yes")
    assert code == 0, err
    assert "there is nothing for a candidate to prove" in err
    assert [one.name for one in world.plane.requests("AppPublish") if one.name] == named

    stray = {**live.tags, "deployer.candidate": LIVE, "deployer.phase": "candidate"}
    orphan(world, "ap-orphan", name=BESIDE, state=live.state, tags=stray, versions=live.versions)
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, out, err = world.run("status", "--format", "json")
        states = {one["name"]: one["state"] for one in json.loads(out)["on_modal"]}
        assert states == {"tiny": "serving", BESIDE: "candidate"}
        code, out, err = world.run("status", "tiny")
        assert f"a candidate of release {shown['digest'][:12]} stands beside it: {BESIDE}" in out
        code, out, err = world.run("status", BESIDE)
        assert f"the candidate of the app {LIVE}: an apply proves it" in " ".join(out.split())
        code, out, err = world.run("history", "tiny")
        assert (code, f"stands beside it: {BESIDE}." in err) == (0, True)
        code, out, err = world.run("destroy", "tiny", "--yes")
    assert (code, f"its candidate, {BESIDE}, is stopped" in out) == (0, True), err
    assert ended(world, "ap-orphan")


def only(app: App) -> App:
    """Give an app of which nothing is left but its server."""
    server = app.functions["Server.*"]
    return replace(app, definitions={server: app.definitions[server]})


def test_one_that_an_apply_left_which_was_killed_is_taken_or_ended(
    killing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = killing
    assert world.run("apply", world.profile(), "--yes")[0] == 0
    before = public(world)
    path = promised(world, "cold_start: 3600")
    kill_at(world, path, "AppGetLogs")
    beside = world.plane.app(BESIDE)
    assert (public(world), beside.deployed) == (before, True)
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        code, out, err = world.run("apply", path, "--candidate", "--yes")
    assert (code, "keeps its promises (version 2" in out) == (0, True), err
    assert "an apply that is gone has left this very release: it is taken" in err
    assert (world.plane.app(BESIDE), bool(beside.stopped_at)) == (beside, True)
    assert release_of(world.plane.app(LIVE)) == release_of(beside)

    kill_at(world, promised(world, "cold_start: 3600"), "AppGetLogs")
    beside = world.plane.app(BESIDE)
    path = promised(world, "cold_start: 3600")
    code, out, err = world.run("apply", path, "--yes")
    assert (code, "keeps its promises (version 3" in out) == (0, True), err
    left = f"an apply that is gone had left a candidate of release {release_of(beside)[:12]}"
    assert f"{left} running ({beside.id}): it is ended" in err
    assert beside.stopped_at


def kill_at(world: World, path: str, rpc: str) -> None:
    """Kill an apply with a candidate at a question that is asked after the candidate is there."""
    published: list[str] = []
    apply = command(
        killed_apply.__name__,
        ("apply", path, "--candidate", "--yes"),
        killed_apply.NEEDS,
        {**os.environ, "XDG_STATE_HOME": str(world.folder / "killed")},
    )

    def kill(name: str) -> None:
        if name == "AppPublish" and world.plane.requests("AppPublish")[-1].name == BESIDE:
            published.append(name)
        if name == rpc and published:
            world.plane.watch = None
            apply.kill()

    world.plane.watch = kill
    said, _ = apply.communicate()
    assert (apply.returncode, bool(published)) == (-signal.SIGKILL, True), said
