"""The shipped profiles, upgraded, are clean and are taken by each release's real parser."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.check.flags import on_another_release
from deployer.compile.case import Case
from deployer.compile.release import compile_profile
from deployer.facts.sglang.catalogue import load
from deployer.profile.load import load_profile
from deployer.release import Release
from deployer.upgrade.notes import Kind
from deployer.upgrade.upgrade import upgrade
from tests.engines.real_parser import DEEP, shared
from tests.shipped import shipped

GLM = ["b200-fp8-eagle", "b200-no-spec", "h200-fallback"]
VERSIONS = DEEP


def upgraded(name: str, version: str) -> Release:
    """Upgrade a shipped profile; nothing is left over, and the release takes every flag."""
    path = Path(f"profiles/{name}.yaml")
    done = upgrade(shipped(name), str(path), version)
    loaded = load_profile(done.text, str(path))
    assert loaded.profile is not None
    assert list(on_another_release(load(version), Case(loaded.profile))) == []
    assert [note for note in done.notes if note.kind in {Kind.LEFT, Kind.DEPRECATED}] == []
    return compile_profile(loaded.profile)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", GLM)
def test_a_shipped_profile_is_clean_on_every_release(name: str, version: str) -> None:
    compiled = upgraded(name, version)

    assert compiled.engine.version == version
    assert compiled.engine.image == f"lmsysorg/sglang:v{version}-cu130"
    variables = {variable.name for variable in compiled.environment}
    overlaps = name != "b200-no-spec" and version in VERSIONS[:4]
    assert ("SGLANG_ENABLE_SPEC_V2" in variables) == overlaps


@pytest.mark.parametrize("name", GLM)
def test_the_way_there_and_back_compiles_to_the_same(name: str) -> None:
    path = Path(f"profiles/{name}.yaml")
    text = shipped(name)
    there = upgrade(text, str(path), "0.5.23").text
    back = upgrade(there, str(path), "0.5.10.post1").text
    first, last = (load_profile(one, "x").profile for one in (text, back))

    assert first is not None
    assert last is not None
    assert compile_profile(first).arguments == compile_profile(last).arguments


@pytest.mark.wheels
@pytest.mark.parametrize("version", VERSIONS)
def test_the_real_parser_takes_it_without_a_warning(version: str) -> None:
    assert GLM
    for name in GLM:
        verdict = shared(version).verdict(upgraded(name, version).argv()[3:])

        assert verdict.accepted, (name, verdict.message)
        assert verdict.warnings == (), name
