"""The control plane itself: what it lets go wrong, and what it does as Modal says that it does."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

import pytest
from grpclib import Status
from modal_proto import api_pb2

from deployer.apply.modal.client import Account
from deployer.apply.modal.rpc import answer
from deployer.apply.patience import Patience, current, using
from deployer.cli import patient
from deployer.errors import Failure, NotReached
from tests.apply.modal.conftest import World
from tests.apply.modal.many import deploy
from tests.apply.modal.test_life import deployed
from tests.apply.modal.test_scale import compiled
from tests.fakes.modal.faults import VOLUME, Fault, Kind

pytestmark = pytest.mark.process


@pytest.mark.parametrize("kind", ["status", "closed", "lost"])
def test_one_fault_is_tried_again_as_the_client_does(world: World, kind: Kind) -> None:
    account = Account()
    world.plane.go_wrong("EnvironmentList", Fault(kind))
    assert account.environments().names == ("main",)
    assert len(world.plane.requests("EnvironmentList")) == 2


@pytest.mark.parametrize("kind", ["status", "closed", "lost", "hang"])
def test_faults_without_an_end_are_words(world: World, kind: Kind) -> None:
    account = Account()
    account.write("weights", "a/b", b"there")
    for name in ("AppList", VOLUME):
        world.plane.go_wrong(name, Fault(kind, times=None))
    said: list[str] = []
    for ask in (lambda: account.apps("main"), lambda: account.read("weights", "a/b")):
        with using(Patience(2.5, said.append)), pytest.raises(NotReached, match=r"^Modal: "):
            ask()
    world.plane.mend()
    assert (account.apps("main"), account.read("weights", "a/b")) == ((), b"there")


def test_what_is_waited_for_is_shown_after_two_seconds(world: World) -> None:
    account = Account()
    world.plane.go_wrong("AppList", Fault("late", seconds=2.3))
    said: list[str] = []
    with using(Patience(tell=said.append)):
        assert account.apps("main") == ()
    assert said == ["waiting for Modal (AppList)"]


ASKING = {
    "apply": ("PROFILE", "--yes"), "plan": ("PROFILE",),
    "drift": ("PROFILE",), "secrets": ("tiny-app",), "verify": ("tiny-app",),
    "bench": ("tiny-app",), "canary": ("tiny-app",), "top": ("tiny-app",),
    "timeline": ("tiny-app",), "diagnose": ("tiny-app",), "logs": ("tiny-app",),
    "history": ("tiny-app",), "rollback": ("tiny-app", "--yes"), "status": ("tiny-app",),
    "destroy": ("tiny-app", "--yes"),
}  # fmt: skip
"""What is given to each verb that asks Modal."""


def test_every_verb_that_asks_modal_says_what_it_waits_for_and_has_an_end(world: World) -> None:
    """Whatever it asks is never answered; without `--timeout` that would take a quarter hour."""
    deploy(world.plane, compiled(world), "tiny-app")
    path = world.profile()
    told: list[object] = []
    world.plane.watch = lambda _: told.append(current().tell)
    for rpc in ("EnvironmentList", "AppList", "AppGetByDeploymentName", "AppDeploymentHistory"):
        world.plane.go_wrong(rpc, Fault("hang", times=None))
    for verb, given in ASKING.items():
        told.clear()
        words = (path if word == "PROFILE" else word for word in given)
        code, out, err = world.run(verb, *words, "--timeout", "0.5")
        assert (code, out) == (1, ""), (verb, err)
        assert "Traceback" not in err, err
        assert re.search(r"error: (.* Modal gave no answer: )?Modal: no answer within ", err), err
        assert told, verb
        assert set(told) == {patient._tell}, verb


def test_a_request_is_done_once_however_often_it_is_sent(world: World) -> None:
    Account()
    world.plane.go_wrong("AppCreate", Fault("lost", times=2))
    request = api_pb2.AppCreateRequest(
        description="one", app_state=api_pb2.APP_STATE_EPHEMERAL, environment_name="main"
    )
    made = answer("AppCreate", request)
    assert len(world.plane.requests("AppCreate")) == 3
    assert [app.id for app in world.plane.state.apps.values()] == [made.app_id]


def test_an_app_whose_client_is_gone_lapses(world: World) -> None:
    Account()
    for state in (api_pb2.APP_STATE_EPHEMERAL, api_pb2.APP_STATE_DETACHED):
        answer("AppCreate", api_pb2.AppCreateRequest(description="one", app_state=state))
    gone, stays = world.plane.state.apps.values()
    world.plane.run(world.plane.lapse(3600.0))
    assert gone.state == api_pb2.APP_STATE_EPHEMERAL
    gone.heard_at = time.monotonic() - 3601.0
    world.plane.run(world.plane.lapse(3600.0))
    assert (gone.state, stays.state) == (api_pb2.APP_STATE_STOPPED, api_pb2.APP_STATE_DETACHED)


@pytest.mark.parametrize(
    "status", [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.INTERNAL, Status.UNKNOWN,
               Status.RESOURCE_EXHAUSTED, Status.PERMISSION_DENIED, Status.UNAUTHENTICATED]
)  # fmt: skip
def test_a_secret_that_could_not_be_read_is_not_missing(world: World, status: Status) -> None:
    account = Account()
    assert account.secret_problem("tiny-api-key", "API_KEY") == ""
    assert "not found" in account.secret_problem("no-such-key", "")
    assert "missing key" in account.secret_problem("tiny-api-key", "OTHER")
    world.plane.refuse("SecretGetOrCreate", status)
    with pytest.raises(Failure, match=r"^Modal: "):
        account.secret_problem("tiny-api-key", "API_KEY")


def test_who_asks_for_a_container_while_one_begins_is_given_that_one(containers: World) -> None:
    world = containers
    deployed(world, world.profile())
    worker, server = world.plane.worker, world.plane.app("tiny-app").functions["Server.*"]
    before = set(worker.tasks)

    async def three() -> None:
        await asyncio.gather(*(worker.scale(server) for _ in range(3)))

    world.plane.run(three())
    assert len(set(worker.tasks) - before) == 1


def test_who_reads_the_logs_of_an_app_that_ended_waits_for_its_last_container(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = deploy(world.plane, compiled(world), "tiny-app")
    app.state, app.stopped_at = api_pb2.APP_STATE_STOPPED, time.time()
    running = ["a container"]
    ready: list[bool] = []

    async def until(happened: Callable[[], bool], seconds: float | None) -> bool:
        # Where that is so before anybody waits, whoever asks again and again lets nobody else run.
        del seconds
        ready.append(happened())
        running.clear()
        return happened()

    async def read() -> list[bool]:
        asked = api_pb2.AppGetLogsRequest(app_id=app.id)
        return [batch.app_done async for batch in world.plane.app_get_logs(asked)]

    monkeypatch.setattr(world.plane.worker, "running", lambda _: running)
    monkeypatch.setattr(world.plane.state, "until", until)
    assert (world.plane.run(read()), ready) == ([True], [False])
