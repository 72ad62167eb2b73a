"""Modal's own command line on our app: what people know goes on to work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apply.modal.conftest import World
from tests.apply.modal.test_life import wait_for

pytestmark = pytest.mark.process

MODULE = "deployer.cli.modal_app"


def modal_cli(*words: str, profile: str = "") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "DEPLOYER_PROFILE": profile}
    return subprocess.run(
        [sys.executable, "-m", "modal", *words],
        capture_output=True,
        text=True,
        env=environ,
        timeout=250,
        check=False,
    )


def test_modal_run_does_each_part_and_all_of_them(containers: World) -> None:
    world = containers
    path = world.profile(min_containers="  min_containers: 1")
    early = modal_cli("run", "-m", f"{MODULE}::verify_setup", profile=path)
    assert early.returncode == 1
    assert "has not been completed" in early.stdout + early.stderr
    whole = modal_cli("run", "-m", MODULE, profile=path)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert "weights and kernels are complete" in whole.stdout
    again = modal_cli("run", "-m", f"{MODULE}::verify_setup", profile=path)
    assert again.returncode == 0, again.stdout + again.stderr
    started = {task.function_id for task in world.plane.worker.tasks.values()}
    servers = {app.functions.get("Server.*") for app in world.plane.state.apps.values()}
    assert not started & servers


def test_a_wrong_profile_is_told_without_a_traceback(world: World, tmp_path: Path) -> None:
    del world
    for profile, words in (
        ("", "DEPLOYER_PROFILE is not set"),
        (str(tmp_path / "none.yaml"), "there is no such file"),
        ("profiles/cpu-tiny.yaml", "is for `target: local`"),
    ):
        ran = modal_cli("run", "-m", MODULE, profile=profile)
        said = ran.stdout + ran.stderr
        assert ran.returncode != 0
        assert words in said
        assert "Traceback" not in said


def test_the_logs_of_an_app(containers: World) -> None:
    world = containers
    path = world.profile()
    assert world.run("apply", path, "--yes", "--no-verify")[0] == 0
    app = world.plane.app("tiny-app")
    task = world.plane.run(world.plane.worker.start(app.functions["Server.*"]))
    wait_for(world, task.id, "serving started")
    theirs = modal_cli("app", "logs", "tiny-app", "--tail", "200")
    assert theirs.returncode == 0, theirs.stderr
    assert "deployer: serving started" in theirs.stdout
    code, ours, err = world.run("logs", "tiny", "-n", "200")
    assert code == 0, err
    assert "deployer: serving started" in ours
    code, few, _ = world.run("logs", "tiny", "-n", "2")
    assert few.splitlines() == ours.splitlines()[-2:]
