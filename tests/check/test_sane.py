"""No check fires on profiles in which nothing is wrong: other models, GPUs and releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.check.run import load_checked
from deployer.facts.gpus import GPUS
from deployer.finding import Severity
from deployer.profile.load import load_profile
from deployer.profile.model import Profile

FOLDER = Path("tests/data/sane")
PROFILES = sorted(path.name for path in FOLDER.glob("*.yaml"))
FEWEST = 30


def loaded(name: str) -> Profile:
    text = (FOLDER / name).read_text(encoding="utf-8")
    profile = load_profile(text, name).profile
    assert profile is not None
    return profile


@pytest.mark.parametrize("name", PROFILES)
def test_no_check_fires(name: str) -> None:
    _, found = load_checked((FOLDER / name).read_text(encoding="utf-8"), name)

    assert [
        f"{f.check} at {f.path}: {f.message}" for f in found if f.severity is not Severity.NOTE
    ] == []


@pytest.mark.parametrize("name", PROFILES)
def test_its_name_is_its_file(name: str) -> None:
    assert f"{loaded(name).name}.yaml" == name


def test_they_are_as_different_as_what_people_serve() -> None:
    all_of_them = [loaded(name) for name in PROFILES]
    endpoints = {one.modal.endpoint for one in all_of_them if one.modal}

    assert len(all_of_them) >= FEWEST
    assert {one.hardware.gpu for one in all_of_them} >= {*GPUS, "none"} - {"T4"}, (
        "of which T4 has no kernels"
    )
    assert {one.hardware.count for one in all_of_them} >= {0, 1, 2, 4, 8}
    assert len({one.model.repo.partition("/")[0] for one in all_of_them}) >= 10
    assert len({one.engine.version for one in all_of_them}) >= 12
    assert {one.target for one in all_of_them} == {"modal", "local"}
    assert endpoints == {"web_server", "server"}
    assert any(one.parallel.pp for one in all_of_them)
    assert any(one.parallel.dp and not one.parallel.dp_attention for one in all_of_them)
    assert any(one.parallel.dp_attention for one in all_of_them)
    assert any(one.speculative for one in all_of_them)
