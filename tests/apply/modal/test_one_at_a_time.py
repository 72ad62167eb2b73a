"""One apply of an app at a time, on whatever machine; and what an apply that is gone has left."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from grpclib import Status
from modal_proto import api_pb2

from deployer.apply.modal import locked
from deployer.apply.modal.client import Account
from deployer.apply.modal.locked import Clocks, Held, alone
from deployer.apply.modal.tags import PHASE
from deployer.errors import Failure
from deployer.release import FurtherMount
from tests.apply.modal.conftest import World
from tests.apply.modal.many import deploy
from tests.apply.modal.test_scale import compiled
from tests.fakes.modal.faults import Fault

pytestmark = pytest.mark.process


@pytest.fixture
def quick(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Let a holder give signs of life all the time, and be looked at without a pause."""
    monkeypatch.setattr(locked, "BEAT", 0.01)
    monkeypatch.setattr(locked, "LOOK", 0.01)
    return world


class Patient:
    """A waiter for whom time goes by only while it watches the first holder, who is gone."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._now = 0.0
        self.clocks = Clocks(clock=lambda: self._now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        if entries(self._world).get("tiny-app#") == b"1":
            self._now += 10.0


def unheard(_text: str) -> None:
    """Hear what a waiter tells."""


def gone(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Take the lock as somebody does who is killed then: no sign of life, and never given back."""
    with monkeypatch.context() as patched:
        patched.setattr(Held, "_beat", lambda _: None)
        doing = locked.here("an apply")
        return locked._take(locked._Entries(""), "tiny-app", doing, unheard, Clocks())


def entries(world: World) -> dict[str, bytes]:
    (found,) = world.plane.state.dicts.values()
    return {key.decode(): value for key, value in dict(found).items()}


def test_a_lock_names_its_holder_and_nothing_is_left_of_those_before(quick: World) -> None:
    world, account, told = quick, Account(), list[str]()
    for count in range(1, 4):
        with alone(account, "tiny-app", "an apply", told.append):
            names = {name for name in entries(world) if name.startswith("tiny-app")}
            assert names == {"tiny-app#", f"tiny-app#{count}", f"tiny-app#{count}.beats"}
            with (
                pytest.raises(Failure, match="tiny-app is being changed by another: an apply of"),
                alone(account, "tiny-app", "a rollback", told.append),
            ):
                pytest.fail("two held it")
            with alone(account, "another-app", "an apply", told.append):
                pass
        assert entries(world)[f"tiny-app#{count}.beats"] == b"released"
    assert all("looking whether it is alive" in each for each in told)


def test_a_holder_that_is_gone_has_lapsed_by_our_own_clock(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, told = Account(), list[str]()
    before = gone(monkeypatch)
    with alone(account, "tiny-app", "an apply", told.append, Patient(quick).clocks) as held:
        held.refuse_lost()
        assert "gave no sign of life for 30 s: its lock has lapsed" in told[-1]
        with pytest.raises(Failure, match="the lock of tiny-app is not ours any more: an apply of"):
            before.refuse_lost()


def test_of_many_that_wait_for_a_lapsed_lock_one_gets_it(
    quick: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account()
    gone(monkeypatch)
    inside, most, refused = 0, 0, list[str]()
    one, over = threading.Lock(), threading.Event()

    def enter() -> None:
        nonlocal inside, most
        try:
            with alone(account, "tiny-app", "an apply", unheard, Patient(quick).clocks):
                with one:
                    inside += 1
                    most = max(most, inside)
                over.wait()
                with one:
                    inside -= 1
        except Failure as failure:
            with one:
                refused.append(failure.message)
                if len(refused) == 4:
                    over.set()

    threads = [threading.Thread(target=enter) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (most, len(refused)) == (1, 4)
    assert all("is being changed by another" in each for each in refused)


def test_answers_that_are_lost_take_a_lock_once(quick: World) -> None:
    account = Account()
    for rpc in ("DictUpdate", "DictGet", "DictGetOrCreate"):
        quick.plane.go_wrong(rpc, Fault("lost"))
    with alone(account, "tiny-app", "an apply", unheard) as held:
        held.refuse_lost()
    assert "tiny-app#2" not in entries(quick)


def test_what_another_changes_is_not_destroyed(quick: World) -> None:
    world = quick
    app = deploy(world.plane, compiled(world), "tiny-app")
    with alone(Account(), "tiny-app", "an apply", unheard):
        code, _, err = world.run("destroy", "tiny-app", "--yes")
        assert (code, app.deployed) == (1, True), err
        assert "tiny-app is being changed by another: an apply of" in err
    code, _, err = world.run("destroy", "tiny-app", "--yes")
    assert (code, app.deployed) == (0, False), err
    assert entries(world)["tiny-app#2.beats"] == b"released"


def test_no_volume_is_deleted_that_another_fills_and_none_filled_that_is_being_deleted(
    quick: World,
) -> None:
    """Another app's download into the same volume, from wherever it was begun."""
    world, release = quick, compiled(quick)
    app = deploy(world.plane, release, "tiny-app")
    Account().write("weights", "example/tiny/half", b"of a shard")
    words = ("destroy", "tiny-app", "--yes", "--volume", "weights")
    with alone(Account(), "weights/example/tiny", "the download", unheard):
        code, _, err = world.run(*words)
        assert (code, app.deployed) == (1, True), err
        assert "weights/example/tiny is being changed by another: the download of" in err
        assert "Nothing was done" in err
    with alone(Account(), "weights/", "a destroy", unheard):
        code, _, err = world.run("apply", world.profile("another"), "--yes", "--no-verify")
        assert code == 1
        assert "weights/ is being changed by another: a destroy of" in err
        assert not any(one.tags.get(PHASE) for one in world.plane.state.apps.values())
    assert Account().read("weights", "example/tiny/half")
    code, out, err = world.run(*words)
    assert (code, app.deployed, "the volume weights is deleted" in out) == (0, False, True), err
    assert Account().read("weights", "example/tiny/half") is None


def test_no_volume_is_deleted_that_another_app_mounts(quick: World) -> None:
    """Also as a volume of its own, and from another environment, whose weights are only read."""
    world, release = quick, compiled(quick)
    assert release.modal
    app = deploy(world.plane, release, "tiny-app")
    plain, elsewhere = release.modal, replace(release.modal.weights, volume="other-weights")
    apart = replace(plain, weights=elsewhere, kernel_cache=None)
    borrowing = replace(plain, weights=replace(plain.weights, environment="main"))
    words = ("destroy", "tiny-app", "--yes", "--volume", "weights")
    for name, environment, parameters in (
        ("the-same", "main", plain),
        ("further", "main", replace(apart, volumes=(FurtherMount("weights", "/more"),))),
        ("borrows", "staging", borrowing),
    ):
        world.plane.state.environments.add(environment)
        other = deploy(world.plane, replace(release, modal=parameters), name, environment)
        code, _, err = world.run(*words)
        assert (code, app.deployed) == (1, True), err
        where = f"the app `{name}` of the environment {environment}"
        assert f"the volume `weights` is mounted by {where}" in err
        assert f"Nothing was done. `deployer destroy {name}` first" in err
        other.state = api_pb2.APP_STATE_STOPPED
    unknown = deploy(world.plane, release, "unknown")
    unknown.tags["deployer.release"] = "0" * 16
    code, _, err = world.run(*words)
    assert (code, app.deployed, "`unknown` of the environment main mounts `weights`" in err) == (
        1, True, True
    ), err  # fmt: skip
    unknown.state = api_pb2.APP_STATE_STOPPED
    deploy(world.plane, replace(release, modal=apart), "apart")
    deploy(world.plane, release, "of-the-same-name", "staging")
    Account().write("weights", "example/tiny/half", b"of a shard")
    code, out, err = world.run(*words)
    assert (code, app.deployed, "the volume weights is deleted" in out) == (0, False, True), err


def test_weights_of_another_environment_are_not_a_deployments_to_delete(quick: World) -> None:
    world, release = quick, compiled(quick)
    assert release.modal
    weights = replace(release.modal.weights, environment="elsewhere")
    borrowing = replace(release, modal=replace(release.modal, weights=weights))
    app = deploy(world.plane, borrowing, "tiny-app")
    code, _, err = world.run("destroy", "tiny-app", "--yes", "--volume", "weights")
    assert (code, app.deployed, "Its volumes are kernels" in err) == (2, True, True), err
    code, out, err = world.run("destroy", "tiny-app", "--yes")
    assert (code, app.deployed, "weights" in out, "kernels" in out) == (0, False, False, True), err


def test_a_lock_that_could_not_be_taken_in_full_is_given_back(quick: World) -> None:
    """Taken, and then nothing more was answered for a while: nobody waits for it to lapse."""

    def taken(name: str) -> None:
        if name == "DictUpdate" and b"0" in [e.value for e in last(quick).updates]:
            quick.plane.watch = None
            quick.plane.go_wrong("DictUpdate", Fault("status", status=Status.PERMISSION_DENIED))

    quick.plane.watch = taken
    with (
        pytest.raises(Failure, match="injected"),
        alone(Account(), "tiny-app", "an apply", unheard),
    ):
        pytest.fail("it was not taken in full")
    assert entries(quick)["tiny-app#1.beats"] == b"released"
    told = list[str]()
    with alone(Account(), "tiny-app", "an apply", told.append):
        assert told == []


def last(world: World) -> Any:
    return world.plane.requests("DictUpdate")[-1]
