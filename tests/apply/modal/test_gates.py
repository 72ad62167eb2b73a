"""Objectives that are missed on Modal: told, exit code 1, and back where that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.apply.modal.conftest import World
from tests.apply.modal.test_ends import dies, fetching, kept, lives, tags
from tests.ports import free_port

pytestmark = pytest.mark.process

__all__ = ["fetching", "kept"]  # fixtures


def promised(world: World, *lines: str) -> str:
    """Write a profile of a further release, with objectives."""
    world.port = free_port()
    path = world.profile()
    text = "".join(f"  {line}\n" for line in lines)
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"objectives:\n{text}")
    return path


def test_a_missed_objective_fails_the_apply_and_goes_back(kept: World) -> None:
    world, path = kept, kept.profile()
    assert world.run("apply", path, "--yes")[0] == 0
    first = tags(world)["deployer.release"]
    path = promised(world, "cold_start: 0.001", "rollback: true")
    code, out, err = world.run("apply", path, "--yes", "--format", "json")
    shown = json.loads(out)
    assert code == 1, err
    (gate,) = shown["gates"]
    assert (gate["objective"], gate["held"], gate["promised"]) == (
        "cold_start",
        "missed",
        "0.001 s",
    )
    assert shown["back"] == "gone back to version 1, which serves and keeps its promises"
    assert shown["digest"] != first
    assert tags(world)["deployer.release"] == first
    assert len(world.plane.app("tiny-app").versions) == 3


def test_a_missed_objective_stays_up_where_nobody_asked_to_go_back(kept: World) -> None:
    world, path = kept, kept.profile()
    assert world.run("apply", path, "--yes")[0] == 0
    first = tags(world)["deployer.release"]
    code, out, _ = world.run("apply", promised(world, "cold_start: 0.001"), "--yes")
    assert code == 1
    assert "cold_start  MISSED: promised 0.001 s, measured " in out
    assert tags(world)["deployer.release"] != first


def test_a_kept_objective_is_told(kept: World) -> None:
    world = kept
    path = promised(world, "cold_start: 3600", "rollback: true")
    code, out, err = world.run("apply", path, "--yes")
    assert code == 0, err
    assert "cold_start  kept: promised 3600 s" in out


def test_the_first_version_has_nothing_to_go_back_to(kept: World) -> None:
    world = kept
    path = promised(world, "cold_start: 0.001")
    code, out, _ = world.run("apply", path, "--yes", "--rollback-on-failure")
    assert code == 1
    assert "not gone back: there is nothing before it to go back to" in out


def test_a_version_that_never_serves_goes_back_too(kept: World) -> None:
    world, path = kept, kept.profile()
    assert world.run("apply", path, "--yes")[0] == 0
    first = tags(world)["deployer.release"]
    dies(world)
    path = promised(world, "cold_start: 3600")
    world.plane.watch = lambda name: lives(world) if name == "AppRollback" else None
    code, _, err = world.run("apply", path, "--yes", "--rollback-on-failure")
    assert code == 1
    assert "gone back to version 1, which serves and keeps its promises" in err
    assert tags(world)["deployer.release"] == first
