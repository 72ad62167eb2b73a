"""What of a start the profile does not state follows from its model: its budget, its batches."""

from __future__ import annotations

import json

import pytest
import yaml

from deployer.check.run import judge
from deployer.compile.case import Case
from deployer.compile.derive import STARTUP, STARTUP_MARGIN, launch_and_warmup
from deployer.compile.startup import LONGEST, with_startup
from deployer.profile.load import load_profile
from deployer.profile.model import Profile
from tests.check.sane import Change, changed

UNSTATED: Change = {"lifecycle": None}
LOADERS = {"startup-below-load", "startup-near-load", "startup-beyond-timeout", "startup-unbounded"}


def of(change: Change) -> tuple[str, Profile]:
    text = yaml.safe_dump(changed(change, changed(UNSTATED)), sort_keys=False, allow_unicode=True)
    profile = load_profile(text, "p.yaml").profile
    assert profile is not None
    return text, profile


@pytest.mark.parametrize(
    ("change", "seconds"),
    [
        ({}, 4400),
        ({"model": {"load_format": "auto"}}, 4400),
        ({"model": {"load_format": "fastsafetensors"}}, STARTUP),
        ({"engine": {"args": {"weight-loader-disable-mmap": True}}}, STARTUP),
        ({"model": {"load_format": "dummy"}}, STARTUP),
        ({"model": {"repo": "Qwen/Qwen3-32B"}}, STARTUP),
        ({"model": {"repo": "a/unknown"}}, STARTUP),
        ({"target": "local", "modal": None, "hardware": {"gpu": "H200"}}, STARTUP),
        ({"lifecycle": {"startup_timeout": 900}}, 900),
    ],
)
def test_it_is_twice_the_slowest_reading_and_half_an_hour_at_least(
    change: Change, seconds: float
) -> None:
    _, profile = of(change)
    release = Case(profile).release
    assert release.lifecycle.startup == seconds
    if release.modal is not None:
        whole = launch_and_warmup(Case(profile).timed) + STARTUP_MARGIN
        assert release.modal.startup_timeout == whole


def test_it_draws_no_finding_whatever_the_size() -> None:
    text, profile = of({})
    found = {each.check for each in judge(text, "p.yaml").findings}
    assert not found & LOADERS
    seconds = [with_startup(profile, gib).lifecycle.startup_timeout for gib in (0, 300, 5000)]
    assert seconds == [STARTUP, 1900, LONGEST]


def test_what_a_stranger_starts_costs_all_of_that_start() -> None:
    text, profile = of({"modal": {"auth": "key", "min_containers": 0}})
    modal = Case(profile).release.modal
    assert modal is not None
    assert modal.startup_timeout > 4400
    minutes = (modal.scaledown_window + modal.startup_timeout) / 60
    found = [f for f in judge(text, "p.yaml").findings if f.check == "wakes-for-strangers"]
    assert [f"to {minutes:.0f} min" in each.message for each in found] == [True]


def test_it_stays_within_what_a_container_gets() -> None:
    text, profile = of({"modal": {"startup_timeout": 4000}})
    assert launch_and_warmup(Case(profile).timed) == 4000
    assert not {each.check for each in judge(text, "p.yaml").findings} & LOADERS
    _, profile = of({"modal": {"startup_timeout": 600}})
    assert Case(profile).timed.lifecycle.startup_timeout == STARTUP


@pytest.mark.parametrize(
    ("change", "size"),
    [
        ({"schedule": {"max_running_requests": 48}}, 48),
        (
            {
                "schedule": {"max_running_requests": 48},
                "engine": {"args": {"cuda-graph-max-bs": 16}},
            },
            16,
        ),
        ({"schedule": {"max_running_requests": 5000}}, 256),
        ({"hardware": {"gpu": "none", "count": 0}, "target": "local", "modal": None}, 48),
    ],
)
def test_a_batch_of_the_warm_up_is_as_large_as_the_largest_graph(change: Change, size: int) -> None:
    warm: Change = {"lifecycle": {"warmup": ["chat", "batch"]}}
    _, profile = of(changed(warm, change))
    chat, batch = Case(profile).release.warmup
    assert (chat.together, batch.kind, batch.together) == (1, "batch", size)
    assert json.loads(batch.payload())["max_tokens"] == 16
