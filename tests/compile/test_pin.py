"""Pinning a release is the same as stating the commit in the profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deployer.cli.reading import read_release
from deployer.compile.pin import pin
from deployer.release import Release
from tests.shipped import shipped

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PINNED = "f396cf805182f4ca10fa675e1a99815b3ca384db"
"""What the shipped profiles state."""

SHIPPED = ("b200-fp8-eagle", "b200-no-spec", "h200-fallback")


def compiled(text: str, folder: Path) -> Release:
    path = folder / "profile.yaml"
    path.write_text(text, encoding="utf-8")
    return read_release(str(path))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_pinned_release_is_that_of_a_profile_with_the_commit(name: str, tmp_path: Path) -> None:
    text = shipped(name)
    branch = compiled(text.replace(PINNED, "main"), tmp_path)
    stated = compiled(text.replace(PINNED, COMMIT), tmp_path)
    found = pin(branch, lambda _: COMMIT)
    assert replace(found, model=replace(found.model, revision=COMMIT)) == stated
    assert found.model.path == f"/model-cache/GLM-5.1-FP8/{COMMIT}"
    assert f"--model-path /model-cache/GLM-5.1-FP8/{COMMIT}" in " ".join(found.argv())
    assert pin(found, lambda _: "f" * 40) == found


def test_a_folder_that_the_profile_states_stays(tmp_path: Path) -> None:
    text = Path("profiles/b200-fp8-eagle.yaml").read_text(encoding="utf-8")
    text = text.replace(PINNED, "main")
    stated = text.replace("  served_name:", "  path: /model-cache/mine\n  served_name:")
    found = pin(compiled(stated, tmp_path), lambda _: COMMIT)
    assert found.model.commit == COMMIT
    assert found.model.path == "/model-cache/mine"
    assert "--model-path /model-cache/mine" in " ".join(found.argv())
