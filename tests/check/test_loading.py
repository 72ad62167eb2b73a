"""How long weights take to read, and where nobody can say."""

from __future__ import annotations

import pytest
import yaml

from deployer.check.loading import Loading, loading, span
from deployer.check.run import judge
from deployer.compile.case import Case
from deployer.facts.gpus import GIB
from deployer.profile.load import load_profile
from tests.check.sane import Change, changed

STRAIGHT: Change = {"model": {"load_format": "fastsafetensors"}}


def of(change: Change) -> Loading | None:
    text = yaml.safe_dump(changed(change), sort_keys=False, allow_unicode=True)
    profile = load_profile(text, "p.yaml").profile
    assert profile is not None
    return loading(Case(profile))


@pytest.mark.parametrize(
    ("how", "fastest", "slowest", "said"),
    [
        ("auto", 0.85e9, 0.35e9, "890 to 2160 s"),
        ("fastsafetensors", 3e9, 1e9, "252 to 756 s"),
        ("runai_streamer", 3e9, None, "at least 252 s"),
    ],
)
def test_the_bounds_are_those_of_the_loader(
    how: str, fastest: float, slowest: float | None, said: str
) -> None:
    found = of({"model": {"load_format": how}})
    assert found is not None
    size = found.gib * GIB
    slow = size / slowest if slowest else None
    assert found == Loading(found.gib, size / fastest, slow, size / 3e9)
    assert found.gib == pytest.approx(704.2, abs=0.05)
    assert span(found) == said


def test_pages_that_are_not_used_bound_nothing() -> None:
    without = {"engine": {"args": {"weight-loader-disable-mmap": True}}}
    assert of(without) == of({"model": {"load_format": "runai_streamer"}})
    assert of({**without, **STRAIGHT}) == of(STRAIGHT)


def test_a_release_without_a_word_reads_by_pages() -> None:
    assert of({}) == of({"model": {"load_format": "auto"}})


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


@pytest.mark.parametrize("seconds", [10, 100, 400, 1_000, 3_000])
@pytest.mark.parametrize("how", ["auto", "fastsafetensors", "runai_streamer"])
def test_no_bound_that_nobody_knows_stops_a_check(how: str, seconds: int) -> None:
    change: Change = {
        "model": {"load_format": how},
        "modal": {"scaledown_window": seconds},
        "lifecycle": {"startup_timeout": seconds},
    }
    text = yaml.safe_dump(changed(change), sort_keys=False, allow_unicode=True)
    hints = {one.check: one.hint for one in judge(text, "p.yaml").findings}

    early = hints.get("scaledown-below-cold-start", "")
    assert early.startswith("write at least `modal.scaledown_window: ") is (
        seconds < (890 if how == "auto" else 252)
    )
    late = hints.get("startup-below-load", "") + hints.get("startup-near-load", "")
    assert not late or late.startswith("write at least `lifecycle.startup_timeout: ")
