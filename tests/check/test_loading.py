"""How long weights take to read, and where nobody can say."""

from __future__ import annotations

import pytest
import yaml

from deployer.check.loading import GIB, Loading, loading, span
from deployer.compile.case import Case
from deployer.profile.load import load_profile
from tests.check.sane import Change, changed


def of(change: Change) -> Loading | None:
    text = yaml.safe_dump(changed(change), sort_keys=False, allow_unicode=True)
    profile = load_profile(text, "p.yaml").profile
    assert profile is not None
    return loading(Case(profile))


def test_the_two_bounds_of_a_volume() -> None:
    found = of({})
    assert found is not None
    assert found == Loading(found.gib, found.gib * GIB / 3e9, found.gib * GIB / 1e9)
    assert found.gib == pytest.approx(704.2, abs=0.05)
    assert span(found) == "252 to 756 s"


def test_shapes_say_it_where_nobody_has_weighed_a_repository() -> None:
    found = of({"model": {"repo": "Qwen/Qwen3-32B"}})
    assert found is not None
    assert 60 < found.gib < 62  # 32.8 B parameters of 2 bytes


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"load_format": "dummy"}},
        {"model": {"repo": "a/unknown"}},
        {"target": "local", "modal": None, "hardware": {"gpu": "H200"}},
    ],
)
def test_nothing_is_read_or_nobody_knows_how_much(change: Change) -> None:
    assert of(change) is None
