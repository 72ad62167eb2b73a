"""How weights are read, as a choice that is checked: by release, by loader, by image."""

from __future__ import annotations

import json

import pytest

from deployer.check.checks import (
    cache_on_read_only_volume,
    gds_on_modal,
    loader_option_elsewhere,
    loader_package_missing,
)
from deployer.compile.case import Case
from deployer.facts.sglang.catalogue import load, releases
from deployer.facts.sglang.loaders import BY_PAGES, GDS_SINCE, MANY_THREADS, PACKAGES, STREAMED
from deployer.profile.load import load_profile
from tests.check.sane import Change, changed, findings
from tests.dumped import dumped

RULES = (gds_on_modal.RULE, loader_option_elsewhere.RULE, loader_package_missing.RULE)
FAST: Change = {
    "model": {"load_format": "fastsafetensors"},
    "engine": {"version": "0.5.20", "image": "lmsysorg/sglang:v0.5.20-cu130"},
    "modal": {"packages": ["fastsafetensors==0.3.3"]},
}


def built(requirement: str) -> Change:
    """Put a package into the image by a step of its own, and not by `modal.packages`."""
    engine = {"version": "0.5.20", "image": "lmsysorg/sglang:v0.5.20-cu130"}
    return {**FAST, "engine": {**engine, "image_steps": [{"pip": [requirement]}]}, "modal": {}}


def told(change: Change) -> list[tuple[str, str]]:
    return [(one.check, one.path) for one in findings(changed(change), RULES) if one.check in NAMES]


NAMES = {rule.name for rule in RULES}


def options(change: Change) -> object:
    profile = load_profile(dumped(changed(change)), "p.yaml").profile
    assert profile is not None
    found = [a for a in Case(profile).arguments if a.flag == "--model-loader-extra-config"]
    assert len(found) <= 1
    return json.loads(found[0].values[0]) if found else None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        (FAST, []),
        ({**FAST, "modal": {"packages": ["FastSafetensors==0.3.3"]}}, []),
        ({**FAST, "modal": {}}, "package"),
        (built("fastsafetensors==0.3.3"), []),
        (built("Fast_Safetensors==0.3.3"), "package"),
        (built("fastsafetensors[gds] @ git+https://github.com/o/r@0f3c1a7"), []),
        (built("fastsafetensors-extra==0.3.3"), "package"),
        (built(f"https://example.com/w/fastsafetensors-0.3.3-py3.whl#sha256={'0' * 64}"), []),
        ({**FAST, "loading": {"gds": True}}, "gds"),
        ({**FAST, "loading": {"gds": False}}, []),
        ({**FAST, "engine": {"version": "0.5.16"}}, "format"),
        ({**FAST, "engine": {"version": GDS_SINCE}}, []),
        ({**FAST, "loading": {"prefetch": True}}, "loading.prefetch"),
        ({**FAST, "loading": {"threads": 8}}, "loading.threads"),
        ({"loading": {"threads": 0}}, []),
        ({"loading": {"concurrency": 16}}, "loading.concurrency"),
        ({"loading": {"gds": False}}, []),
        (
            {
                "loading": {"threads": 16},
                "engine": {"args": {"model-loader-extra-config": '{"num_threads": 4}'}},
            },
            "engine.args.model-loader-extra-config",
        ),
    ],
)
def test_what_does_not_go_together_is_found(change: Change, expected: object) -> None:
    words = {
        "package": [("loader-package-missing", "model.load_format")],
        "gds": [("gds-on-modal", "loading.gds")],
        "format": [("gds-on-modal", "model.load_format")],
    }
    found = words.get(str(expected))
    if found is None:
        found = [("loader-option-elsewhere", str(expected))] if expected else []
    assert told(change) == found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        (FAST, {"enable_gds": False}),
        ({**FAST, "loading": {"gds": True}}, {"enable_gds": True}),
        ({**FAST, "engine": {"version": "0.5.16"}}, None),
        ({"loading": {"threads": 16}}, {"enable_multithread_load": True, "num_threads": 16}),
        ({"loading": {"threads": 0}}, {"enable_multithread_load": False}),
        (
            {"model": {"load_format": STREAMED}, "loading": {"concurrency": 32}},
            {"concurrency": 32},
        ),
    ],
)
def test_the_loader_is_told_by_its_own_names(change: Change, said: object) -> None:
    assert options(change) == said


def test_what_a_release_does_not_have_is_found() -> None:
    old = {"loading": {"prefetch": True}}
    assert ("future-flag", "loading.prefetch") in {
        (one.check, one.path) for one in findings(changed(old))
    }
    new = {**old, "engine": {"version": "0.5.11"}}
    assert "loading.prefetch" not in {
        one.path for one in findings(changed(new)) if one.check == "future-flag"
    }


def test_every_format_that_is_spoken_of_is_one_of_some_release() -> None:
    known = {
        str(choice)
        for version in releases()
        if (option := load(version).find("--load-format")) is not None
        for choice in option.choices or ()
    }
    assert len(known) > 10
    assert (BY_PAGES | MANY_THREADS | set(PACKAGES)) - {""} <= known


READ_ONLY = {"TRITON_CACHE_DIR": "/k/triton"}
ELSEWHERE = {"TRITON_CACHE_DIR": "/var/triton"}


@pytest.mark.parametrize(
    ("steps", "env", "expected"),
    [
        ([READ_ONLY], {}, ["engine.image_steps[0].env.TRITON_CACHE_DIR"]),
        ([ELSEWHERE, READ_ONLY], {}, ["engine.image_steps[1].env.TRITON_CACHE_DIR"]),
        ([READ_ONLY, ELSEWHERE], {}, []),
        ([READ_ONLY], ELSEWHERE, []),
        ([ELSEWHERE], READ_ONLY, ["engine.env.TRITON_CACHE_DIR"]),
    ],
)
def test_a_cache_that_the_image_puts_into_a_read_only_volume_is_found(
    steps: list[dict[str, str]], env: dict[str, str], expected: list[str]
) -> None:
    change: Change = {
        "engine": {"env": env, "image_steps": [{"env": one} for one in steps]},
        "modal": {"kernel_cache": {"volume": "k", "path": "/k"}},
    }
    rule = cache_on_read_only_volume.RULE
    found = findings(changed(change), (rule,))
    assert [one.path for one in found if one.check == rule.name] == expected
