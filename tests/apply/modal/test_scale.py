"""A thousand versions of an app, and five hundred apps: asked in bulk, by page, and each once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from deployer.apply.modal.apply import Applied, Pipeline
from deployer.apply.modal.client import Account
from deployer.apply.modal.look import Look
from deployer.apply.modal.records import Records
from deployer.apply.modal.standing import as_deployed
from deployer.cli.history_verb import PAGE
from deployer.compile.pin import pin
from deployer.plan.deployment import Plan
from deployer.release import Release
from tests.apply.modal.conftest import World
from tests.apply.modal.many import deploy, deploy_often
from tests.apply.modal.test_unknown import another_machine
from tests.volume import VOLUME as HOW_MUCH

pytestmark = pytest.mark.process

MANY = {"fast": 60, "ci": 100, "thorough": 1000}[HOW_MUCH]


def compiled(world: World) -> Release:
    """Give the release that a profile compiles to."""
    code, out, err = world.run("compile", world.profile(), "--format", "json")
    assert code == 0, err
    return Release.from_json(out)


def test_history_is_read_by_pages_and_all_of_it_in_bulk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = compiled(world)
    deploy_often(world.plane, release, "tiny-app", MANY)
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        before = len(world.plane.calls)
        code, out, err = world.run("history", "tiny-app", "--limit", "20", "--format", "json")
        assert code == 0, err
        shown = json.loads(out)
        assert [one["version"] for one in shown["versions"]] == list(range(MANY, MANY - 20, -1))
        assert shown["older"] == MANY - 20
        # What it does not show it does not ask for, however many there are.
        assert len(world.plane.calls) - before <= 9
        code, out, err = world.run("history", "tiny-app", "--limit", "0", "--format", "json")
        assert (code, len(json.loads(out)["versions"])) == (0, MANY), err
        assert len(world.plane.requests("VolumeGetFile2")) == 1  # of what a name stands for

        pages = []
        with monkeypatch.context() as watched:

            def shows(_form: str, text: str) -> None:
                pages.append((text, len(world.plane.requests("VolumeGetFile2"))))

            watched.setattr("deployer.cli.history_verb.show_as", shows)
            code, _, err = world.run("history", "tiny-app", "--limit", "0")
        assert code == 0, err
        assert "".join(text for text, _ in pages).count("SGLANG_DG_CACHE_DIR") == MANY - 1
        # The first are shown before most are asked for, and each is asked for once.
        assert pages[0][1] <= PAGE + 2
        assert pages[-1][1] == MANY
        code, again, err = world.run("history", "tiny-app", "--limit", "0")
        assert (code, again) == (0, "".join(text for text, _ in pages)), err
        # What was read once is kept by its digest.
        assert len(world.plane.requests("VolumeGetFile2")) == MANY


def test_status_asks_of_each_app_what_cannot_be_listed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = compiled(world)
    names = [f"app-{number:03}" for number in range(MANY // 2)]
    for name in names:
        deploy(world.plane, release, name)
    with monkeypatch.context() as patched:
        another_machine(patched, world)
        before = len(world.plane.calls)
        code, out, err = world.run("status", "--format", "json")
        assert code == 0, err
        shown = json.loads(out)["on_modal"]
        assert [one["name"] for one in shown] == names
        assert {one["state"] for one in shown} == {"asleep"}
        assert all(one["model"] == "glm-tiny" for one in shown)
        asked = Counter(name for name, _ in world.plane.calls[before:])
        assert max(asked.values()) == len(names)
        assert set(asked) == {
            "EnvironmentList", "AppList", "AppGetTags", "AppGetByDeploymentName",
            "VolumeGetOrCreate", "VolumeGetFile2", "FunctionGet",
        }  # fmt: skip
        assert Records().all() == ()
    code, out, _ = world.run("status", "--limit", "7")
    assert (code, out.count("\n  state "), "There are more deployments" in out) == (0, 7, True)


def test_many_profiles_are_planned_with_one_look(world: World) -> None:
    paths = [world.profile(name) for name in ("one", "two", "three")]
    assert all(Path(path).exists() for path in paths)
    code, out, err = world.run("plan", *paths, "--format", "json")
    assert code == 0, err
    found = json.loads(out)["profiles"]
    assert [one["result"]["name"] for one in found] == ["one", "two", "three"]
    secrets = [request.deployment_name for request in world.plane.requests("SecretGetOrCreate")]
    assert sorted(secrets) == ["huggingface-secret", "tiny-api-key"]


def test_many_profiles_are_applied_with_one_look_and_by_an_account_that_remembers_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [world.profile(name) for name in ("one", "two")]
    asked: list[tuple[type, str]] = []

    def run(pipeline: Pipeline, plan: Plan, key: str | None) -> Applied:
        asked.append((type(pipeline._account), pipeline._account.environment))
        return Applied(
            plan.name, plan.app, "deployed", "", 1, plan.digest, verified=key is not None
        )

    monkeypatch.setattr(Pipeline, "run", run)
    code, _, err = world.run("apply", *paths, "--yes", "--format", "json")
    assert (code, asked) == (0, [(Account, "")] * 2), err
    secrets = [request.deployment_name for request in world.plane.requests("SecretGetOrCreate")]
    # Once for all, and again for each before its key is compared.
    assert Counter(secrets) == {"huggingface-secret": 1, "tiny-api-key": 1 + len(paths)}
    apps = [one.name for one in world.plane.requests("AppGetByDeploymentName")]
    assert apps == ["one-app", "two-app"]


def test_what_was_changed_is_looked_at_again(world: World) -> None:
    deploy(world.plane, compiled(world), "tiny-app")
    look = Look()
    for _ in range(2):
        assert look.app("tiny-app")
        assert look.secret_problem("tiny-api-key", "API_KEY") == ""
    look.changed()
    assert look.app("tiny-app")
    assert look.secret_problem("tiny-api-key", "API_KEY") == ""
    asked = Counter(name for name, _ in world.plane.calls)
    assert (asked["AppGetByDeploymentName"], asked["SecretGetOrCreate"]) == (2, 1)


def test_where_every_commit_is_known_nothing_is_asked_for_what_was_deployed(world: World) -> None:
    release = compiled(world)
    deploy(world.plane, release, "tiny-app")
    pinned = pin(release, lambda _: "c0ffee" * 6 + "c0de")
    account, before = Account(), len(world.plane.calls)
    assert as_deployed(account, pinned, Records()) == (pinned, ())
    assert len(world.plane.calls) == before
    _, notes = as_deployed(account, release, Records())
    assert notes == ("the revision `main` of example/tiny was not looked up",)
    assert len(world.plane.calls) > before
