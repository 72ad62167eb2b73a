"""The engine that is here against the profile's release: its own Python is asked."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.errors import Failure
from deployer.release import Engine
from deployer.serve.engine_version import agreed
from deployer.serve.packages import package_versions

from .living import Story, make_release

IMAGE = "lmsysorg/sglang:deepseek-v4-blackwell"


def python_with(folder: Path, sglang: str) -> Engine:
    """Make a Python that finds SGLang's metadata, and the engine of an image that has it."""
    site = folder / "site"
    metadata = site / "sglang-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sglang\nVersion: {sglang}\n")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={site} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return Engine("sglang", "0.5.9", IMAGE, (str(python), "-m", "sglang.launch_server"))


@pytest.mark.parametrize("sglang", ["0.5.9", "0.5.9+cu130"])
def test_the_release_of_the_profile_is_not_worth_a_word(tmp_path: Path, sglang: str) -> None:
    assert agreed(python_with(tmp_path, sglang), os.environ) == ""


@pytest.mark.parametrize("sglang", ["0.5.9.post1", "0.5.10", "0.5.10+cu130"])
def test_another_release_is_refused(tmp_path: Path, sglang: str) -> None:
    with pytest.raises(Failure, match="holds sglang") as caught:
        agreed(python_with(tmp_path, sglang), os.environ)
    assert caught.value.message == (
        f"the image {IMAGE} holds sglang {sglang}, and the profile names 0.5.9"
    )
    assert f"`engine.version: {sglang.partition('+')[0]}`" in caught.value.hint


@pytest.mark.parametrize("sglang", ["0.5.10rc1", "0.0.0.dev1+gabcdef0", "0.5.10.dev20260301"])
def test_a_build_between_releases_is_told(tmp_path: Path, sglang: str) -> None:
    assert agreed(python_with(tmp_path, sglang), os.environ) == (
        f"the engine is sglang {sglang}, which is no release; what was checked is about 0.5.9"
    )


def test_what_does_not_say_it_is_not_taken_for_right(tmp_path: Path) -> None:
    engine = python_with(tmp_path, "0.5.9")
    for command in ((str(tmp_path / "none"),), ("/bin/false",)):
        said = agreed(replace(engine, command=command), os.environ)
        assert said.startswith("the engine's Python does not say which sglang it has")


def test_only_what_is_there_has_a_version() -> None:
    found = package_versions(sys.executable, os.environ, ["pytest", "no-such-package"])
    assert found == {"pytest": pytest.__version__}


@pytest.mark.process
def test_another_release_never_starts(tmp_path: Path) -> None:
    release = make_release()
    engine = python_with(tmp_path, "0.5.10")
    release = replace(release, engine=replace(engine, command=(engine.command[0], "nothing.py")))
    story = Story(release, tmp_path, marker="another-release")

    with pytest.raises(Failure, match=r"holds sglang 0\.5\.10"):
        story.runtime.start()

    assert story.phases() == ["launch/started", "launch/failed", "ended/failed"]
    assert any("engine.version" in line for line in story.events[-1].detail)
    assert not story.log.exists()
