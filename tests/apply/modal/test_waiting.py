"""From no container to an answer: the ways in which that takes long, or never happens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from deployer.apply.modal.apply import Pipeline
from deployer.apply.modal.client import Account
from deployer.apply.modal.parts import DEFAULT_PARTS
from deployer.apply.modal.records import Records
from deployer.apply.modal.wait import ask
from deployer.errors import Failure
from deployer.event import Event
from deployer.facts.models.catalogue import find
from tests.apply.modal.conftest import KEY, World
from tests.apply.modal.test_life import deployed, plan

pytestmark = pytest.mark.process


@pytest.fixture
def containers(containers: World) -> World:
    """Give them with the weights there already: what is tested here comes after the download."""
    containers.stock()
    return containers


def proving(
    world: World,
    path: str,
    then: Callable[[Event], None] = lambda _: None,
    lock: Any = None,
    **parts: Any,
) -> tuple[Callable[[], object], list[Event]]:
    """Give what waits for the server of a profile that is deployed, and what it tells.

    ``then`` hears each event as well; ``lock`` is what lies beside the profile.
    """
    deployed(world, path)
    records, account = Records(), Account("")
    record = records.record("tiny-app", "")
    assert record
    release = records.release(record.digest)
    assert release
    told: list[Event] = []
    chosen = replace(DEFAULT_PARTS, pause=0.1, **parts)

    def hear(event: Event) -> None:
        told.append(event)
        then(event)

    pipeline = Pipeline(account, records, release, hear, chosen, lock)
    return lambda: pipeline.prove(KEY, "deployed"), told


def test_no_capacity_is_said_and_given_up(containers: World) -> None:
    world = containers

    def full(event: Event) -> None:
        """Take the room away once the key was compared, which takes a container without a GPU."""
        world.plane.worker.room &= (event.phase, event.state) != ("key", "done")

    prove, told = proving(world, world.profile(), full, capacity=2.0, answer=0.5)
    with pytest.raises(Failure, match="gave no container with 1 x L4 within 2 s") as failed:
        prove()
    assert "10 on Starter, 50 on Team" in failed.value.hint
    assert any("no container has started yet" in event.message for event in told)
    world.plane.worker.room = True
    assert [p["phase"] for p in plan(world, world.profile())[1]["phases"] if p["runs"]] == [
        "wait",
        "verify",
    ]


def test_a_redirect_after_a_long_wait_is_followed(containers: World) -> None:
    world = containers
    world.plane.edge.redirect_after = 0.5
    holds = '{"internal_states":[{"memory_usage":{"token_capacity":12000,"weight":1.2}}]}'
    world.plane.worker.variables["FAKE_ENGINE"] = f"--load 3 --holds {holds}"
    model = SimpleNamespace(role="model", checkpoint=lambda _: find("Qwen/Qwen3-0.6B"))
    lock = SimpleNamespace(repositories=[model])

    def verified(*_: object) -> tuple[()]:
        return ()

    budgets = "  drain_timeout: 20\n  stage_budgets: {imports: 0.5}"
    profile = world.profile(drain_timeout=budgets)
    prove, told = proving(world, profile, lock=lock, verify=verified)
    prove()
    assert ("wait", "done") in {(event.phase, event.state) for event in told}
    start = [(event.state, event.message) for event in told if event.phase == "boot"]
    assert start[0] == ("progress", "imports: more than 0.5 s (`lifecycle.stage_budgets`)")
    assert (start[1][0], start[1][1][:12]) == ("done", "ready after ")
    assert " more than the 0.5 s of `lifecycle.stage_budgets`: container " in start[1][1]
    asked = [c for c in world.plane.state.calls.values() if c.input.method_name == "serve"]
    assert len(asked) == 1  # one question that goes on, not one after another
    record = Records().record("tiny-app", "")
    assert record
    away = (
        "not as reckoned: the pool has 12,000 tokens, -26.8 % of the 16,384 that were reckoned, "
        "which may be off by "
    )
    assert record.memory.startswith("a pool of 12,000 tokens, weights of 1.20 GiB, graphs of 0.00 ")
    assert away in record.memory
    (reckoned,) = (e for e in told if (e.phase, e.state) == ("reckon", "done"))
    assert reckoned.message.startswith(away)
    shown = [
        world.run("status", "tiny", *more)[1] for more in ((), ("--offline",), ("--format", "json"))
    ]
    late = re.compile(
        r"late +at its start imports [\d.]+ s more than the 0\.5 s of .*, on record\n"
    )
    assert [bool(late.search(text)) for text in shown[:2]] == [True, True], shown
    assert [away in " ".join(text.split()) for text in shown] == [True] * 3
    (one,) = json.loads(shown[2])["on_modal"]
    assert [words[:8] for words in one["start"]] == ["imports "]


def test_a_redirect_to_somebody_else_is_not_followed(containers: World) -> None:
    world = containers
    world.plane.edge.redirect_after = 0.0
    deployed(world, world.profile())
    record = Records().record("tiny-app", "")
    assert record
    found = ask(f"{record.url}/health", record.url, 5.0, {})
    assert found.status == 303
    assert found.following.startswith(f"{record.url}/health?__modal_function_call_id=")
    found = ask(f"{record.url}/health", "http://elsewhere.example", 5.0, {})
    assert (found.status, found.following) == (303, "http://elsewhere.example/health")
    world.plane.edge.redirect_after = None
    assert requests.get(f"{record.url}/health", timeout=60).status_code == 200


def test_prices_are_those_of_the_account_once_asked_for(world: World) -> None:
    path = world.profile(gpu="  gpu: B200")
    _, before = plan(world, path)
    world.plane.rates = {"gpu_hour_cost_b200": "7.00000", "cpu_hour_cost": "0.05"}
    code, out, err = world.run("plan", path, "--refresh-prices")
    assert code == 0, err
    assert "modal billing rates" in out
    _, after = plan(world, path)
    assert before["cost"]["hourly"] == pytest.approx(6.51, 0.01)  # its CPU and memory among it
    assert after["cost"]["hourly"] == 7.0  # the account names no price of memory
    world.plane.rates = {}
    code, _, err = world.run("plan", path, "--refresh-prices")
    assert (code, "names no GPU" in err) == (1, True)
    assert json.loads(json.dumps(plan(world, path)[1]["cost"]["hourly"])) == 7.0
