"""Modal's own command line on our app: what people know goes on to work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apply.modal.conftest import World

pytestmark = pytest.mark.process

MODULE = "deployer.cli.modal_app"


def modal_cli(*words: str, profile: str = "") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "DEPLOYER_PROFILE": profile}
    return subprocess.run(
        [sys.executable, "-m", "modal", *words],
        capture_output=True,
        text=True,
        env=environ,
        timeout=120,
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
    listed = modal_cli("app", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert "tiny-app" in listed.stdout
