"""Windows of the schedule on Modal: the clock calls a function, which tells the autoscaler."""

from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest

from tests.apply.modal.conftest import World
from tests.apply.modal.test_life import deployed
from tests.fakes.modal.clock import strike

pytestmark = pytest.mark.process

BERLIN = ZoneInfo("Europe/Berlin")


def scheduled(world: World, endpoint: str, days: str, hours: str) -> str:
    """Write a profile with one window, in place of a key that says its default."""
    window = f'{{days: {days}, hours: "{hours}", timezone: Europe/Berlin, min_containers: 1}}'
    return world.profile(
        endpoint=f"  endpoint: {endpoint}", timeout=f"  timeout: 3600\n  schedule:\n    - {window}"
    )


def kept(world: World) -> int:
    """Give how many containers the autoscaler of the plane keeps up."""
    app = world.plane.app("tiny-app")
    server = next(its for name, its in app.functions.items() if name.startswith("Server"))
    static = app.definitions[server].autoscaler_settings
    override = app.overrides.get(server, static)
    return (override if override.HasField("min_containers") else static).min_containers


@pytest.mark.parametrize("endpoint", ["web_server", "server"])
def test_the_autoscaler_is_told_by_the_clock(containers: World, endpoint: str) -> None:
    world = containers
    path = scheduled(world, endpoint, "mon-sun", "00:00-24:00")
    deployed(world, path)
    assert kept(world) == 1  # at once, and not at the next full hour
    code, out, err = world.run("status", "tiny")
    assert code == 0, err
    shown = "mon-sun 00:00-24:00 Europe/Berlin is in force; Modal's autoscaler keeps 1 up"
    assert shown in out
    world.plane.app("tiny-app").overrides.clear()  # as somebody, or a rollback by hand, does
    code, out, err = world.run("status", "tiny", "--format", "json")
    assert "keeps 0 up, and 1 should be" in json.loads(out)["on_modal"][0]["schedule"]

    deployed(world, scheduled(world, endpoint, "mon-fri", "08:30-18:00"))
    monday = dt.datetime(2026, 10, 26, tzinfo=BERLIN)
    for hour, minute, containers_kept in ((8, 0, 0), (8, 30, 1), (12, 0, 1), (18, 0, 0)):
        moment = monday.replace(hour=hour, minute=minute)
        assert strike(world.plane, moment) == ["keep_schedule"]
        assert kept(world) == containers_kept, moment
    assert strike(world.plane, monday.replace(hour=8, minute=15)) == []
