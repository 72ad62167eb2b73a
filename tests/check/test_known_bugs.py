"""Known bugs of the engine: each check speaks inside its range, and nowhere else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from deployer.check.catalogue import RULES
from deployer.check.known_bugs import KNOWN_BUGS
from deployer.check.ranges import on_gpu
from deployer.check.rule import Rule
from deployer.compile.case import Case
from deployer.facts.gpus import GPUS
from deployer.facts.sglang.catalogue import releases
from deployer.facts.sglang.versions import release_key
from deployer.finding import Finding, Severity
from deployer.profile.load import load_profile
from deployer.profile.model import Profile
from tests.shipped import shipped as whole

from .known_bug_rows import EAGLE, ROWS, STALE, Row, args, on
from .sane import Change, changed, findings

PROFILES = Path(__file__).parents[2] / "profiles"
BY_NAME = {rule.name: rule for rule in KNOWN_BUGS}
OTHER_MODEL: Change = {"model": {"repo": "mistralai/Mistral-Large-3"}}


def ids(row: Row) -> str:
    return f"{row.name}-at-{row.path}"


def of(name: str, *changes: Change) -> list[Finding]:
    """Give what one check finds in the sane profile after some changes."""
    profile = changed({})
    for change in changes:
        profile = changed(change, profile)
    found = findings(profile, [BY_NAME[name]])
    assert not [one for one in found if one.check.startswith(("schema", "yaml"))]
    return [one for one in found if one.check == name]


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_a_bug_is_told_at_its_key(row: Row) -> None:
    found = of(row.name, row.profile)

    assert [one.path for one in found] == [row.path]
    assert row.said in found[0].message
    assert found[0].link == BY_NAME[row.name].link
    assert found[0].severity is BY_NAME[row.name].severity
    assert BY_NAME[row.name].inferred == ("upstream does not say so" in found[0].hint)


OUTSIDE = [(row, change) for row in ROWS for change in row.outside]


@pytest.mark.parametrize(("row", "change"), OUTSIDE, ids=[ids(row) for row, _ in OUTSIDE])
def test_settings_outside_a_bug_are_silent(row: Row, change: Change) -> None:
    assert of(row.name, row.profile, change) == []


def beyond(rule: Rule) -> list[Change]:
    """Give the nearest changes that leave a rule's range."""
    changes = [{"engine": {"version": rule.engines.before}}] if rule.engines.before else []
    if rule.engines.since:
        older = [one for one in releases() if release_key(one) < release_key(rule.engines.since)]
        changes.append({"engine": {"version": older[-1]}})
    if rule.gpus:
        changes += [{"hardware": {"gpu": name}} for name in GPUS if not fits(name, rule.gpus)]
    if rule.models or rule.architectures:
        changes.append(OTHER_MODEL)
    return changes


@cache
def shipped() -> Profile:
    loaded = load_profile(whole("h200-fallback"), "p.yaml")
    assert loaded.profile is not None
    return loaded.profile


def fits(name: str, gpus: tuple[str, ...]) -> bool:
    hardware = shipped().hardware.model_copy(update={"gpu": name})
    return on_gpu(shipped().model_copy(update={"hardware": hardware}), gpus)


BEYOND = [(row, change) for row in ROWS for change in beyond(BY_NAME[row.name])]


@pytest.mark.parametrize(("row", "change"), BEYOND, ids=[ids(row) for row, _ in BEYOND])
def test_other_releases_gpus_and_models_are_silent(row: Row, change: Change) -> None:
    told = of(row.name, row.profile, change)

    assert [one for one in told if "is stale" not in one.message] == []


@pytest.mark.parametrize(("name", "path", "since", "profile"), STALE, ids=[one[0] for one in STALE])
def test_a_mitigation_after_its_bug_is_told_as_stale(
    name: str, path: str, since: str, profile: Change
) -> None:
    found = of(name, profile)

    assert [one.path for one in found] == [path]
    assert f"this mitigation is stale since {since}: " in found[0].message
    assert found[0].severity is Severity.NOTE


def test_a_variable_that_the_release_reads_no_more_is_told_once() -> None:
    profile = on("0.5.14", "H200", "a/b", speculative=EAGLE, env={"SGLANG_ENABLE_SPEC_V2": "1"})
    told = [one.check for one in findings(changed(profile)) if "SPEC_V2" in one.path]

    assert told == ["variable-removed"]


@pytest.mark.parametrize(
    "stated",
    [
        args(kv_cache_dtype="fp8_e4m3"),
        {"memory": {"kv_cache_dtype": "fp8_e4m3"}},
    ],
)
def test_an_option_is_found_however_it_is_stated(stated: Change) -> None:
    base = on("0.5.10.post1", "B200", "zai-org/GLM-5.1-FP8", memory={"kv_cache_dtype": None})

    assert len(of("fp8-kv-on-glm5", base, stated)) == 1


@pytest.mark.parametrize(
    ("version", "flag"),
    [
        ("0.5.9", "nsa-prefill-backend"),
        ("0.5.14", "nsa-prefill-backend"),
        ("0.5.14", "dsa-prefill-backend"),
        ("0.5.14", "dsa-prefill-back"),
    ],
)
def test_an_option_is_found_by_each_of_its_names(version: str, flag: str) -> None:
    base = on(version, "B200", "zai-org/GLM-5.1-FP8", memory={"kv_cache_dtype": "fp8_e4m3"})
    stated = {"engine": {"args": {flag: "flashmla_sparse"}}}
    trtllm = {"kernels": {"decode": "trtllm"}}

    found = of("mixed-sparse-backends-fp8", base, stated, trtllm)
    assert [one.path for one in found] == [f"engine.args.{flag}"]


def test_every_known_bug_has_a_row_a_link_and_its_place_in_the_catalogue() -> None:
    assert {row.name for row in ROWS} == set(BY_NAME)
    assert {name for name, *_ in STALE} == {
        rule.name for rule in KNOWN_BUGS if rule.mitigation is not None
    }
    assert len(KNOWN_BUGS) >= 25
    for rule in KNOWN_BUGS:
        assert rule in RULES
        assert rule.link.startswith("https://github.com/")


def test_an_unknown_release_is_read_by_the_options_own_names() -> None:
    unknown = on("0.5.99", "H200", "zai-org/GLM-5.1-FP8", speculative=EAGLE)
    cache = {"memory": {"hierarchical_cache": True}}

    assert [one.path for one in of("hicache-with-eagle", unknown, cache)] == [
        "memory.hierarchical_cache"
    ]


@pytest.mark.parametrize("name", ["b200-fp8-eagle", "b200-no-spec", "h200-fallback"])
def test_no_known_bug_is_in_a_shipped_profile(name: str) -> None:
    loaded = load_profile(whole(name), f"{name}.yaml")
    assert loaded.profile is not None

    case = Case(loaded.profile)

    assert [rule.name for rule in KNOWN_BUGS if rule.holds(case) and list(rule.find(case))] == []


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_what_upstream_does_not_say_is_told_as_such(row: Row) -> None:
    """A page says on what its rule rests; that bounds are inferred is told with the finding."""
    (found,) = of(row.name, row.profile)
    said = "upstream does not say so" in f"{found.message} {found.hint}"

    assert said is BY_NAME[row.name].inferred


def test_rules_that_rest_on_less_than_their_issue_say_so() -> None:
    assert BY_NAME["nvfp4-nan-0515"].inferred
    assert not BY_NAME["minimax-nvfp4-trtllm-experts"].inferred, "seen in the releases it names"
